import type { ByteString } from '@coffre/foundation'

/** How content is cut into blobs: where its bytes say so, or every 512 KiB, for data files that change in place. */
export type ItemCut = 'content' | 'fixed'

export interface ItemMetadata {
  /** Permission bits as stat has them, such as 0o600. */
  readonly mode: number
  /** Milliseconds since 1970. */
  readonly modifiedMs: number
  readonly uid?: number
  readonly gid?: number
}

/**
 * One entry of a point, by its path below the point's root: segments joined by `/`, none empty, `.` or `..`. Folders come before
 * what is in them; every path comes once.
 */
export type PointItem =
  | { readonly kind: 'folder'; readonly path: ByteString; readonly metadata: ItemMetadata }
  | { readonly kind: 'symlink'; readonly path: ByteString; readonly metadata: ItemMetadata; readonly target: ByteString }
  | PointFile

export interface PointFile {
  readonly kind: 'file'
  readonly path: ByteString
  readonly metadata: ItemMetadata
  readonly cut: ItemCut
  /** For progress; the content decides. */
  readonly expectedBytes?: number
  /**
   * The content, read at most once and to its end before the next item is asked for. Chunks belong to the reader only until it asks
   * for the next one: the connector may use their memory again.
   */
  readonly content: AsyncIterable<Uint8Array>
}
