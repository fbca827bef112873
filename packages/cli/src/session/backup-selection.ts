import type { ByteString } from '@coffre/foundation'
import { cacheFolderMarker, type LocalFiles, type Selection, selectByRules } from '@coffre/repository'
import { excludeListsOf, type Patterns } from '../options/pattern-options.ts'

/** What of its targets a backup leaves out; plain data. */
export interface SelectionRules {
  readonly excludes: Patterns
  /** As `NAME` or `NAME:HEADER`. */
  readonly folderMarkers: readonly ByteString[]
  readonly excludeCaches: boolean
  readonly fileBytesMax: number | undefined
  readonly oneFileSystem: boolean
}

/** `targets` are absolute. `onWarning` hears of markers that do not look as they should. */
export function backupSelection(
  { excludes, folderMarkers, excludeCaches, fileBytesMax, oneFileSystem }: SelectionRules,
  targets: readonly ByteString[],
  files: LocalFiles,
  onWarning: (message: string) => void,
): Selection {
  const markers = excludeCaches ? [...folderMarkers, cacheFolderMarker] : folderMarkers
  const rules = { excludes: excludeListsOf(excludes), folderMarkers: markers, fileBytesMax, oneFileSystem }
  return selectByRules(rules, targets, files, onWarning)
}
