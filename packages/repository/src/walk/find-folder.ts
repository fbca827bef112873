import { type ByteString, CoffreError } from '@coffre/foundation'
import type { Id, Node } from '../format/node.ts'
import type { TreeSource } from './walk-tree.ts'

/** The tree of the folder at `path` below `root`; `snapshot.path-missing` when there is none. */
export async function findFolder(source: TreeSource, root: Id, path: ByteString, signal: AbortSignal): Promise<Id> {
  let tree = root
  let place = ''
  for (const name of namesOf(path)) {
    place += `/${name}`
    const node = await findEntry(source, tree, name, signal)
    if (node === undefined) throw pathMissing(place, 'is not in the snapshot')
    if (node.type !== 'dir' || node.subtree === undefined) throw pathMissing(place, 'is not a folder')
    tree = node.subtree
  }
  return tree
}

/** The entry at `path` below `root`, or undefined for the root itself; `snapshot.path-missing` when there is none. */
export async function findNode(source: TreeSource, root: Id, path: ByteString, signal: AbortSignal): Promise<Node | undefined> {
  const names = namesOf(path)
  const last = names.pop()
  if (last === undefined) return undefined
  const node = await findEntry(source, await findFolder(source, root, names.join('/'), signal), last, signal)
  if (node === undefined) throw pathMissing(`/${[...names, last].join('/')}`, 'is not in the snapshot')
  return node
}

async function findEntry(source: TreeSource, tree: Id, name: ByteString, signal: AbortSignal): Promise<Node | undefined> {
  return (await source.tree(tree, signal)).find((node) => node.name === name)
}

/** The names on the way; '..' goes back, though not above the root. */
function namesOf(path: ByteString): ByteString[] {
  const names: ByteString[] = []
  for (const name of path.split('/')) {
    if (name === '..') names.pop()
    else if (name !== '' && name !== '.') names.push(name)
  }
  return names
}

export function pathMissing(path: ByteString, problem: string): CoffreError {
  return new CoffreError('snapshot.path-missing', `${path} ${problem}`, {
    hint: '`coffre repo ls SNAPSHOT` shows what is there; paths begin at the root of the snapshot.',
  })
}
