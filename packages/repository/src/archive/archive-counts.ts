import type { ByteString } from '@coffre/foundation'

/** What a backup counts while it works; read at any time to show progress. */
export interface ArchiveCounts {
  filesNew: number
  filesChanged: number
  filesUnmodified: number
  dirsNew: number
  dirsChanged: number
  dirsUnmodified: number
  dataBlobs: number
  treeBlobs: number
  dataAdded: number
  dataAddedPacked: number
  totalBytesProcessed: number
  errors: number
  /** The file that was looked at last. */
  current: ByteString
}

export type ItemChange = 'new' | 'changed' | 'unmodified'

export function newArchiveCounts(): ArchiveCounts {
  return {
    filesNew: 0,
    filesChanged: 0,
    filesUnmodified: 0,
    dirsNew: 0,
    dirsChanged: 0,
    dirsUnmodified: 0,
    dataBlobs: 0,
    treeBlobs: 0,
    dataAdded: 0,
    dataAddedPacked: 0,
    totalBytesProcessed: 0,
    errors: 0,
    current: '',
  }
}
