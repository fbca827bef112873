import { type ByteString, CoffreError } from '@coffre/foundation'
import type { Id, Node } from '../format/node.ts'
import type { RepositoryIndex } from '../index/repository-index.ts'
import { BlobReader } from '../repository/blob-reader.ts'
import type { Repository } from '../repository/repository.ts'
import { findNode, pathMissing } from '../walk/find-folder.ts'
import { ContentLoader } from './content-loader.ts'
import { dumpEntries } from './dump-entries.ts'
import { type DumpItem, dumpItems } from './dump-items.ts'
import { joinChunks } from './join-chunks.ts'
import { tarArchive } from './tar.ts'
import { zipArchive } from './zip.ts'

export type ArchiveFormat = 'tar' | 'zip'

/** What there is to dump at a path. */
export type DumpTarget =
  | { readonly kind: 'file'; readonly node: Node }
  | { readonly kind: 'folder'; readonly tree: Id; readonly path: ByteString }

const chunkBytes = 256 * 1024

/** A file or a folder below `root`; '/' is the root itself. `snapshot.path-missing` for anything else. */
export async function findDumpTarget(reader: BlobReader, root: Id, path: ByteString, signal: AbortSignal): Promise<DumpTarget> {
  const node = await findNode(reader, root, path, signal)
  if (node === undefined) return { kind: 'folder', tree: root, path: '' }
  if (node.type === 'file') return { kind: 'file', node }
  if (node.type === 'dir' && node.subtree !== undefined) return { kind: 'folder', tree: node.subtree, path }
  throw pathMissing(path, `is a ${node.type}, neither a file nor a folder`)
}

/**
 * The bytes of a file, or of an archive with everything in a folder. Pulled: nothing is read before it is asked for but the next
 * window of some megabytes. Damage ends the stream with an error; what came before is right.
 */
export async function* dump(
  repository: Repository,
  index: RepositoryIndex,
  target: DumpTarget,
  format: ArchiveFormat,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const reader = new BlobReader(repository, index)
  const items = target.kind === 'file' ? oneItem(target.node) : dumpItems(reader, target.tree, target.path, signal)
  const entries = dumpEntries(items, index, new ContentLoader(repository, index, reader), signal)
  if (target.kind === 'file') for await (const { content } of entries) yield* content
  else yield* joinChunks(format === 'tar' ? tarArchive(entries) : zipArchive(entries), chunkBytes)
}

async function* oneItem(node: Node): AsyncGenerator<DumpItem> {
  if (node.type !== 'file') throw new CoffreError('usage.invalid', `${JSON.stringify(node.name)} is a ${node.type}, not a file`)
  yield { path: node.name, node }
}
