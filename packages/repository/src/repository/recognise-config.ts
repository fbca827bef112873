import { isCoffreError } from '@coffre/foundation'
import type { Workbench } from '../crypto/workbench.ts'
import { decodeConfig, type RepositoryConfig } from '../format/config-codec.ts'

/** The config in these bytes; undefined when no key of this repository sealed them, or when what it sealed is another kind of file. */
export function recogniseConfig(workbench: Workbench, bytes: Uint8Array): RepositoryConfig | undefined {
  const json = workbench.open(bytes)
  if (json === undefined) return undefined
  try {
    return decodeConfig(json)
  } catch (error) {
    if (isCoffreError(error, 'repository.damaged')) return undefined
    throw error
  }
}
