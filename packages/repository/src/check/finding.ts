import type { FileHandle } from '@coffre/storage'
import type { Id } from '../format/node.ts'

/**
 * What can be found wrong.
 * - `damaged-file`: a config, key, lock, snapshot or index file that is not what its name says or cannot be decoded.
 * - `missing-file`: a file that is known to have existed is not there.
 * - `missing-pack`, `wrong-size`: a pack that an index names is not there, or is shorter or longer than the index says.
 * - `orphan-pack`: no index names the pack. `repeated-pack`: several do. `mixed-pack`: it has both trees and data.
 * - `damaged-pack`, `damaged-header`, `damaged-blob`: the pack's content, header or one of its blobs is not what its name says.
 * - `unreadable-pack`: the storage did not hand the pack out.
 * - `index-mismatch`: pack and index disagree on what is in the pack.
 * - `missing-blob`: a snapshot, folder or file refers to a blob that no index names.
 * - `damaged-tree`: a tree cannot be read; `malformed-node`: one of its entries makes no sense.
 * - `size-mismatch`: a file's blobs do not add up to its size. Some programs wrote such files; their content is whole.
 * - `unsteady-read`: a pack was read in two different ways; storage, memory or network may be failing.
 */
export type FindingKind =
  | 'damaged-file'
  | 'missing-file'
  | 'missing-pack'
  | 'wrong-size'
  | 'orphan-pack'
  | 'repeated-pack'
  | 'mixed-pack'
  | 'damaged-pack'
  | 'damaged-header'
  | 'damaged-blob'
  | 'unreadable-pack'
  | 'index-mismatch'
  | 'missing-blob'
  | 'damaged-tree'
  | 'malformed-node'
  | 'size-mismatch'
  | 'unsteady-read'

export interface Finding {
  readonly kind: FindingKind
  /** An error: something is lost or soon may be. A warning: worth a look. A note: nothing is wrong, prune or repair would tidy up. */
  readonly severity: 'error' | 'warning' | 'note'
  /** The file of the repository that is concerned, where there is one. */
  readonly file?: FileHandle
  readonly blob?: { readonly id: Id; readonly isTree: boolean }
  readonly message: string
}

export type Report = (finding: Finding) => void
