import { closeSync, readSync } from 'node:fs'
import { type ByteString, isCoffreError } from '@coffre/foundation'
import { FolderMarker, type MarkerLookup } from '../filter/folder-marker.ts'
import type { PatternList } from '../filter/pattern-list.ts'
import type { LocalFiles } from '../local/local-files.ts'
import { DeviceBorder } from './device-border.ts'
import { type Selection, selectAll } from './selection.ts'

/** What of its targets a backup leaves out. */
export interface SelectionRules {
  readonly excludes: readonly PatternList[]
  /** Files that exclude the folder that they are in, as `NAME` or `NAME:HEADER`. */
  readonly folderMarkers: readonly ByteString[]
  readonly fileBytesMax: number | undefined
  readonly oneFileSystem: boolean
}

/** `targets` are absolute, and there. `onWarning` hears of markers that do not look as they should. */
export function selectByRules(
  rules: SelectionRules,
  targets: readonly ByteString[],
  files: LocalFiles,
  onWarning: (message: string) => void,
): Selection {
  const { excludes, fileBytesMax } = rules
  const markers = rules.folderMarkers.map((spec) => new FolderMarker(spec, markerLookup(files), onWarning))
  const border = rules.oneFileSystem ? new DeviceBorder(targets, files) : undefined
  if (excludes.length + markers.length === 0 && fileBytesMax === undefined && border === undefined) return selectAll
  return {
    filters: true,
    includesName: (path) => !excludes.some((list) => list.matches(path)),
    includes(path, status) {
      if (border !== undefined && !border.includes(path, status)) return false
      if (fileBytesMax !== undefined && status.type !== 'dir' && status.sizeBytes > fileBytesMax) return false
      return !markers.some((marker) => marker.excludes(path))
    },
  }
}

function markerLookup(files: LocalFiles): MarkerLookup {
  return {
    exists(path) {
      try {
        files.status(path)
        return true
      } catch (error) {
        if (isCoffreError(error, 'source.missing')) return false
        throw error
      }
    },
    readStart(path, length) {
      const descriptor = files.openForRead(path)
      try {
        const start = Buffer.alloc(length)
        let filled = 0
        for (let read = -1; read !== 0 && filled < length; filled += read)
          read = readSync(descriptor, start, filled, length - filled, filled)
        return start.subarray(0, filled)
      } finally {
        closeSync(descriptor)
      }
    },
  }
}
