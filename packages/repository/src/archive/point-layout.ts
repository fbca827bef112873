import assert from 'node:assert'
import { type ByteString, CoffreError } from '@coffre/foundation'
import type { Snapshot } from '../format/snapshot.ts'
import type { RepositoryIndex } from '../index/repository-index.ts'
import { BlobReader } from '../repository/blob-reader.ts'
import type { Repository } from '../repository/repository.ts'
import type { ArchiveItem, ArchiveMetadata } from './archive-item.ts'

/** At the root of a point, beside the folder with its items: what they are and what a restore needs to know. */
const manifestName = 'coffre.json'
/** What is longer was not written by Coffre, and shall not fill the memory. */
const manifestBytesMax = 64 * 1024 * 1024

export interface PointLayout {
  /** The name of the one folder that all items go to. */
  readonly folder: ByteString
  /** That folder's own metadata, and the manifest's but for its mode. */
  readonly metadata: ArchiveMetadata
  /** The bytes of the manifest; called once, when all items have come. */
  manifest(): Promise<Uint8Array>
}

/** The items in their folder, and the manifest beside it: the layout of an engine's point. */
export async function* layOutPoint(items: AsyncIterable<ArchiveItem>, layout: PointLayout): AsyncGenerator<ArchiveItem> {
  const { folder, metadata } = layout
  assert(folder !== manifestName, `the items' folder cannot be called ${manifestName}`)
  yield { kind: 'folder', path: folder, metadata }
  for await (const item of items) yield below(folder, item)
  const manifest = await layout.manifest()
  yield {
    kind: 'file',
    path: manifestName,
    metadata: { ...metadata, mode: 0o644 },
    cut: 'content',
    expectedBytes: manifest.length,
    content: justOne(manifest),
  }
}

/** The manifest of a point, or undefined when its root has none: then its files were stored as they are. */
export async function readManifest(
  repository: Repository,
  index: RepositoryIndex,
  snapshot: Pick<Snapshot, 'tree'>,
  signal: AbortSignal,
): Promise<Buffer | undefined> {
  const reader = new BlobReader(repository, index)
  const node = (await reader.tree(snapshot.tree, signal)).find(({ name, type }) => name === manifestName && type === 'file')
  if (node === undefined) return undefined
  const sizeBytes = Number(node.size ?? 0)
  if (sizeBytes > manifestBytesMax) throw new CoffreError('repository.damaged', `${manifestName} has ${sizeBytes} bytes`)
  const parts: Buffer[] = []
  for (const id of node.content ?? []) parts.push(await reader.blob(id, false, signal))
  return Buffer.concat(parts)
}

/** Item by item: one that is an instance of a class would lose what it inherits in a spread. */
function below(folder: ByteString, item: ArchiveItem): ArchiveItem {
  const { metadata } = item
  const path = `${folder}/${item.path}`
  if (item.kind === 'folder') return { kind: 'folder', path, metadata }
  if (item.kind === 'symlink') return { kind: 'symlink', path, metadata, target: item.target }
  const expected = item.expectedBytes === undefined ? {} : { expectedBytes: item.expectedBytes }
  return { kind: 'file', path, metadata, cut: item.cut, content: item.content, ...expected }
}

async function* justOne(chunk: Uint8Array): AsyncGenerator<Uint8Array> {
  yield chunk
}
