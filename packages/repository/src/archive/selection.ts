import type { ByteString } from '@coffre/foundation'
import type { FileStatus } from '../local/local-files.ts'

/** Which files belong to a backup. Paths are absolute. Called for each file, so it has to be quick. */
export interface Selection {
  /** False when everything is included whatever its path or device is: folders may then be looked at ahead of the walk. */
  readonly filters: boolean
  /** Asked before the file is looked at. */
  includesName(path: ByteString): boolean
  /** Asked once its status is known. */
  includes(path: ByteString, status: FileStatus): boolean
}

export const selectAll: Selection = { filters: false, includesName: () => true, includes: () => true }
