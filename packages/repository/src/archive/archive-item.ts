import { type ByteString, byteStringFrom, bytesOf, CoffreError } from '@coffre/foundation'
import type { Node } from '../format/node.ts'
import { goFileMode } from '../local/go-file-mode.ts'
import { printablePath } from '../local/printable-path.ts'
import { formatTimestamp } from '../local/timestamp.ts'
import type { CutKind } from '../pipeline/jobs.ts'

export interface ArchiveMetadata {
  /** Permission bits as stat has them, such as 0o600. */
  readonly mode: number
  /** Milliseconds since 1970. */
  readonly modifiedMs: number
  /** Whoever runs the backup, unless given. */
  readonly uid?: number
  readonly gid?: number
}

/**
 * One entry of a snapshot that is not made of local files, by its path below the snapshot's root: segments joined by `/`, none
 * empty, `.` or `..`. Folders come before what is in them; every path comes once.
 */
export type ArchiveItem =
  | { readonly kind: 'folder'; readonly path: ByteString; readonly metadata: ArchiveMetadata }
  | { readonly kind: 'symlink'; readonly path: ByteString; readonly metadata: ArchiveMetadata; readonly target: ByteString }
  | ArchiveFile

/**
 * A file, or a folder with all that is in it, as a snapshot of this repository has it: taken over by reference, under the path's name,
 * among other items. `blob.missing` when some of it is in no index. Other items may come for such a folder later.
 */
export interface StoredEntry {
  readonly kind: 'stored'
  readonly path: ByteString
  readonly node: Node
}

export interface ArchiveFile {
  readonly kind: 'file'
  readonly path: ByteString
  readonly metadata: ArchiveMetadata
  readonly cut: CutKind
  /** For progress; the content decides. */
  readonly expectedBytes?: number
  /** Read at most once, to its end, before the next item is asked for. A chunk is used only until the next one is asked for. */
  readonly content: AsyncIterable<Uint8Array>
}

/** The owner of items that name none. */
export interface ItemOwner {
  readonly uid: number
  readonly gid: number
}

const nodeTypes = { folder: 'dir', symlink: 'symlink', file: 'file' } as const
const unusableSegment = /(?:^|\/)\.{0,2}(?:\/|$)|\0/
const dateMsMax = 8.64e15
const idMax = 0xffff_ffff

/** Where an item belongs: its folder's path, '' for the root, and its name. `source.failed` for a path that no tree can have. */
export function splitItemPath(path: ByteString): { readonly folder: ByteString; readonly name: ByteString } {
  if (unusableSegment.test(path)) throw itemError(path, "has an empty segment, '.', '..' or a zero byte in its path")
  if (!path.isWellFormed() && byteStringFrom(bytesOf(path)) !== path) throw itemError(path, 'has a path that stands for no bytes')
  const slash = path.lastIndexOf('/')
  return { folder: slash < 0 ? '' : path.slice(0, slash), name: path.slice(slash + 1) }
}

/** The item's node, its content or subtree still missing. `source.failed` for metadata that no file has. */
export function itemNode(item: ArchiveItem, name: ByteString, owner: ItemOwner): Node {
  const { mode, modifiedMs, uid = owner.uid, gid = owner.gid } = item.metadata
  if (!isWhole(mode, 0o7777)) throw itemError(item.path, `has the mode ${mode}, which is not one of permissions`)
  if (!(Math.abs(modifiedMs) <= dateMsMax)) throw itemError(item.path, `has the time ${modifiedMs}`)
  if (!isWhole(uid, idMax) || !isWhole(gid, idMax)) throw itemError(item.path, `has the owner ${uid}:${gid}`)
  const type = nodeTypes[item.kind]
  const time = formatTimestamp(timeOf(modifiedMs))
  const node = { name, type, mode: goFileMode(type, mode), mtime: time, atime: time, ctime: time, uid, gid }
  if (item.kind !== 'symlink') return { ...node, content: item.kind === 'file' ? [] : null }
  if (item.target === '' || item.target.includes('\0')) throw itemError(item.path, 'is a symlink without a usable target')
  return { ...node, linkTarget: item.target, content: null }
}

/** An item that contradicts the contract of its source. */
export function itemError(path: ByteString, problem: string): CoffreError {
  return new CoffreError('source.failed', `the item "${printablePath(path)}" ${problem}`, {
    hint: 'No snapshot was made. What yields the items is at fault: please report it.',
  })
}

function isWhole(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= max
}

function timeOf(unixMs: number) {
  const seconds = Math.floor(unixMs / 1000)
  return { seconds, nanoseconds: Math.min(999_999_999, Math.round((unixMs - seconds * 1000) * 1e6)) }
}
