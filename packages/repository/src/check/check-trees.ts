import type { Id, Node } from '../format/node.ts'
import type { StoredSnapshot } from '../format/snapshot.ts'
import type { RepositoryIndex } from '../index/repository-index.ts'
import { BlobReader } from '../repository/blob-reader.ts'
import type { Repository } from '../repository/repository.ts'
import type { Bitmap } from './bitmap.ts'
import { damageOf } from './check-files.ts'
import type { Report } from './finding.ts'
import { sweepTrees } from './sweep-trees.ts'

/** Follows every snapshot to its trees and blobs. Resolves to the index entries of what is in use. */
export async function checkTrees(
  repository: Repository,
  index: RepositoryIndex,
  snapshots: readonly StoredSnapshot[],
  report: Report,
  onProgress: ((done: number, known: number) => void) | undefined,
  signal: AbortSignal,
): Promise<Bitmap> {
  const roots = new Map(snapshots.map((snapshot) => [snapshot.tree, snapshot.id]))
  const visitor = {
    node: (tree: Id, node: Node, contentBytes: number | undefined) => checkNode(tree, node, contentBytes, report),
    missing(id: Id, isTree: boolean, tree: Id | undefined, node: Node | undefined): void {
      const from = tree === undefined ? `snapshot ${roots.get(id)}` : `tree ${tree}, entry ${JSON.stringify(node?.name)}`
      const what = isTree ? 'tree' : 'blob'
      const file = tree === undefined ? { type: 'snapshot' as const, name: roots.get(id) ?? '' } : packOf(index, tree)
      report({
        kind: 'missing-blob',
        severity: 'error',
        file,
        blob: { id, isTree },
        message: `${from}: ${what} ${id} is in no index`,
      })
    },
    unreadable(tree: Id, error: unknown): void {
      const message = damageOf(`tree ${tree}`, error)
      report({ kind: 'damaged-tree', severity: 'error', file: packOf(index, tree), blob: { id: tree, isTree: true }, message })
    },
    ...(onProgress === undefined ? {} : { progress: onProgress }),
  }
  const reader = new BlobReader(repository, index)
  const used = await sweepTrees(index, reader, roots.keys(), visitor, signal)
  reader.release()
  return used
}

function packOf(index: RepositoryIndex, tree: Id): { readonly type: 'pack'; readonly name: Id } {
  return { type: 'pack', name: index.find(tree, true)[0]?.packId ?? '' }
}

function checkNode(tree: Id, node: Node, contentBytes: number | undefined, report: Report): void {
  const problem = problemOf(node)
  const entry = `tree ${tree}, entry ${JSON.stringify(node.name)}`
  const blob = { id: tree, isTree: true }
  if (problem !== undefined) report({ kind: 'malformed-node', severity: 'error', blob, message: `${entry}: ${problem}` })
  else if (node.type === 'file' && contentBytes !== undefined && BigInt(node.size ?? 0) !== BigInt(contentBytes)) {
    const message = `${entry}: its blobs have ${contentBytes} bytes, its size is ${node.size ?? 0}`
    report({ kind: 'size-mismatch', severity: 'warning', blob, message })
  }
}

/** What restic's check objects to as well. */
function problemOf(node: Node): string | undefined {
  if (node.name === '') return 'it has no name'
  if (node.type === 'file') return node.content === null ? 'it is a file without a list of blobs' : undefined
  if (node.type === 'dir') return node.subtree === undefined ? 'it is a folder without a tree' : undefined
  return node.type === '' || node.type === 'irregular' ? `it has the type ${JSON.stringify(node.type)}` : undefined
}
