import { closeSync, readSync } from 'node:fs'
import { type ByteString, isCoffreError } from '@coffre/foundation'
import { cacheFolderMarker, FolderMarker, type LocalFiles, type MarkerLookup, type Selection, selectAll } from '@coffre/repository'
import { excludeListsOf, type Patterns } from '../options/pattern-options.ts'
import { DeviceBorder } from './device-border.ts'

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
  rules: SelectionRules,
  targets: readonly ByteString[],
  files: LocalFiles,
  onWarning: (message: string) => void,
): Selection {
  const { fileBytesMax } = rules
  const excludes = excludeListsOf(rules.excludes)
  const specs = rules.excludeCaches ? [...rules.folderMarkers, cacheFolderMarker] : rules.folderMarkers
  const markers = specs.map((spec) => new FolderMarker(spec, markerLookup(files), onWarning))
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
