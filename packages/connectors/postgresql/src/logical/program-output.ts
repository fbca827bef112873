import { interruption } from '@coffre/foundation'
import { type ServerLogin, startClientProgram } from '../programs/client-program.ts'

/** A program that is to be run against a server. */
export interface ProgramCall {
  readonly folder: string
  readonly program: string
  readonly args: readonly string[]
  readonly login: ServerLogin
}

/**
 * What a program prints, as it prints it. It is started by the first read, and ends with the iteration: `engine.failed` when it fails,
 * however much it has printed before, so that half an output is never taken for a whole one. Who stops reading ends it.
 */
export async function* programOutput(
  call: ProgramCall,
  signal: AbortSignal,
  onStart: (ended: Promise<void>) => void = () => undefined,
): AsyncGenerator<Uint8Array> {
  const { folder, program, args, login } = call
  const left = new AbortController()
  const both = AbortSignal.any([signal, left.signal])
  const { stdin, stdout, ended } = await startClientProgram(folder, program, args, login, undefined, both)
  onStart(ended)
  stdin.end()
  try {
    yield* stdout as AsyncIterable<Buffer>
    await ended
  } catch (error) {
    // Why the output broke off is known to the program.
    if (!signal.aborted) await ended
    throw signal.aborted ? interruption(signal) : error
  } finally {
    left.abort()
    await ended.catch(() => undefined)
  }
}

/** The name of a database as an argument: one that looks like a connection string must not be taken for one. */
export function databaseArgument(name: string): string {
  return `--dbname=dbname='${name.replaceAll(/['\\]/g, String.raw`\$&`)}'`
}
