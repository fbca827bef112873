import { createHash } from 'node:crypto'
import {
  BlobReader,
  checkRepository,
  type Finding,
  type Id,
  listSnapshots,
  loadIndex,
  type Node,
  type Repository,
} from '@coffre/repository'

const signal = new AbortController().signal

/** A hash over names, kinds, times of files and all content below a tree, each byte read and verified. Folders outside change by themselves. */
async function treeDigest(reader: BlobReader, tree: Id): Promise<string> {
  const hash = createHash('sha256')
  for (const node of await reader.tree(tree, signal)) {
    const { name, type, size = 0, mode = 0 } = node
    hash.update(JSON.stringify([name, type, String(size), mode, type === 'dir' ? '' : node.mtime]))
    hash.update(await contentDigest(reader, node))
  }
  return hash.digest('hex')
}

async function contentDigest(reader: BlobReader, node: Node): Promise<string> {
  if (node.type === 'dir') return treeDigest(reader, node.subtree ?? '')
  const hash = createHash('sha256')
  for (const id of node.content ?? []) hash.update(await reader.blob(id, false, signal))
  return hash.digest('hex')
}

/** The content of each snapshot that can be read, by its id. Rejects when one of them lacks anything. */
export async function snapshotDigests(repository: Repository, ids?: ReadonlySet<Id>): Promise<Map<Id, string>> {
  const onDamaged = (): void => undefined
  const index = await loadIndex(repository, { onDamaged }, signal)
  const reader = new BlobReader(repository, index)
  const digests = new Map<Id, string>()
  for (const snapshot of await listSnapshots(repository, signal, onDamaged)) {
    if (ids === undefined || ids.has(snapshot.id)) digests.set(snapshot.id, await treeDigest(reader, snapshot.tree))
  }
  return digests
}

export async function findingsOf(repository: Repository): Promise<Finding[]> {
  const findings: Finding[] = []
  await checkRepository(repository, { readData: 'all', onFinding: (finding) => findings.push(finding) }, signal)
  return findings
}

export async function errorsOf(repository: Repository): Promise<Finding[]> {
  return (await findingsOf(repository)).filter(({ severity }) => severity === 'error')
}
