import { type ByteString, compareByteStrings } from '@coffre/foundation'
import { goJsonString } from '../format/go-json.ts'
import type { Id, Node } from '../format/node.ts'
import type { StoredSnapshot } from '../format/snapshot.ts'
import { encodeSnapshot } from '../format/snapshot-codec.ts'
import { compareInstants } from '../local/timestamp.ts'
import { type TreeSource, walkTree } from '../walk/walk-tree.ts'
import { goModeText } from './go-text.ts'
import { jsonObject, unlessZero } from './json-text.ts'

export type LsSort = 'name' | 'size' | 'mtime' | 'atime' | 'ctime' | 'extension'

export interface LsOptions {
  /** List these folders, absolute; none lists everything. */
  readonly folders: readonly ByteString[]
  /** Also what is in the subfolders of `folders`. */
  readonly recursive: boolean
  /** All but `name` need every entry in memory before the first one is given. */
  readonly sort: LsSort
  readonly reverse: boolean
}

export interface ListedItem {
  readonly path: ByteString
  readonly node: Node
}

/** The entries below `root`. By name means folder by folder, each before its content. */
export async function* ls(source: TreeSource, root: Id, options: LsOptions, signal: AbortSignal): AsyncGenerator<ListedItem> {
  const items = listItems(source, root, options, signal)
  if (options.sort === 'name' && !options.reverse) {
    yield* items
    return
  }
  const all = await Array.fromAsync(items)
  const compare = comparators[options.sort]
  if (compare !== undefined) all.sort((a, b) => compare(a, b) || compareByteStrings(a.path, b.path))
  if (options.reverse) all.reverse()
  yield* all
}

/** The line that restic prints before the entries; `tree` is the one that is listed. */
export function lsSnapshotToJson(snapshot: StoredSnapshot, tree: Id): string {
  const { id, ...fields } = snapshot
  const own = { id: `"${id}"`, short_id: `"${id.slice(0, 8)}"`, message_type: '"snapshot"', struct_type: '"snapshot"' }
  return `${encodeSnapshot({ ...fields, tree })
    .toString()
    .slice(0, -1)},${jsonObject(own).slice(1)}`
}

/** The line that restic prints for an entry. Only files have a size, and they always. */
export function lsItemToJson({ path, node }: ListedItem): string {
  return jsonObject({
    name: goJsonString(node.name),
    type: goJsonString(node.type),
    path: goJsonString(path),
    uid: node.uid,
    gid: node.gid,
    size: node.type === 'file' ? (node.size ?? 0) : undefined,
    mode: unlessZero(node.mode),
    permissions: goJsonString(goModeText(node.mode ?? 0)),
    mtime: `"${node.mtime}"`,
    atime: `"${node.atime}"`,
    ctime: `"${node.ctime}"`,
    inode: unlessZero(node.inode),
    message_type: '"node"',
    struct_type: '"node"',
  })
}

async function* listItems(source: TreeSource, root: Id, options: LsOptions, signal: AbortSignal): AsyncGenerator<ListedItem> {
  const folders = options.folders.map(withoutFinalSlash)
  const isWithin = (path: ByteString): boolean => folders.length === 0 || folders.some((folder) => isBelow(folder, path))
  const leadsTo = (path: ByteString): boolean => folders.length === 0 || folders.some((folder) => isBelow(path, folder))
  for await (const item of walkTree(source, root, {}, signal)) {
    const within = isWithin(item.path)
    if (within) yield item
    if (!(within && options.recursive) && !leadsTo(item.path)) item.skip()
  }
}

function isBelow(folder: ByteString, path: ByteString): boolean {
  return path === folder || folder === '/' || path.startsWith(`${folder}/`)
}

function withoutFinalSlash(path: ByteString): ByteString {
  return path.length > 1 ? path.replace(/\/+$/, '') || '/' : path
}

type Comparator = (a: ListedItem, b: ListedItem) => number

const comparators: Readonly<Record<LsSort, Comparator | undefined>> = {
  name: undefined,
  size: (a, b) => compareNumbers(a.node.size ?? 0, b.node.size ?? 0),
  mtime: (a, b) => compareInstants(a.node.mtime, b.node.mtime),
  atime: (a, b) => compareInstants(a.node.atime, b.node.atime),
  ctime: (a, b) => compareInstants(a.node.ctime, b.node.ctime),
  extension: (a, b) => compareByteStrings(extensionOf(a.node.name), extensionOf(b.node.name)),
}

function compareNumbers(a: number | bigint, b: number | bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function extensionOf(name: ByteString): ByteString {
  const dot = name.lastIndexOf('.')
  return dot < 0 ? '' : name.slice(dot)
}
