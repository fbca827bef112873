import type { ByteString } from '@coffre/foundation'
import type { Environment } from '@coffre/storage'

/** What a command gets from the process it runs in. */
export interface Surroundings {
  readonly environment: Environment
  readonly workingFolder: ByteString
  /** Aborted when the user or the system wants an end. */
  readonly signal: AbortSignal
}

/** The first of the variables that is set and not empty. */
export function variable(environment: Environment, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = environment[name]
    if (value !== undefined && value !== '') return value
  }
  return undefined
}
