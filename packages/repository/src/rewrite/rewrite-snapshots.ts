import { hash } from 'node:crypto'
import type { ByteString } from '@coffre/foundation'
import { commitSnapshot, type StoreOptions, writerOptionsOf } from '../copy/store-options.ts'
import { zeroTime } from '../format/json-fields.ts'
import type { Id, Timestamp } from '../format/node.ts'
import type { Snapshot, SnapshotSummary, StoredSnapshot } from '../format/snapshot.ts'
import type { RepositoryIndex } from '../index/repository-index.ts'
import type { Held } from '../prune/held.ts'
import { BlobReader } from '../repository/blob-reader.ts'
import { BlobWriter } from '../repository/blob-writer.ts'
import type { Repository } from '../repository/repository.ts'
import { assertRemovable, removeSnapshot } from './remove-snapshot.ts'
import { TreeRewriter } from './tree-rewriter.ts'

export interface RewriteOptions extends StoreOptions {
  /** What to leave out; undefined leaves trees as they are. */
  readonly isExcluded: ((path: ByteString) => boolean) | undefined
  readonly onExcluded?: (path: ByteString) => void
  /** Count files and bytes for the summary of snapshots, which is done anyway when something is excluded. */
  readonly snapshotSummary: boolean
  readonly newHost?: string
  readonly newTime?: Timestamp
  /** Remove the originals, rather than tag the new snapshots with `rewrite`. The caller holds an exclusive lock then. */
  readonly forget: boolean
  readonly dryRun: boolean
  readonly held: Held
  /** `newId` is undefined for a snapshot that needs no change, and in a dry run. */
  readonly onSnapshot?: (snapshot: StoredSnapshot, changed: boolean, newId: Id | undefined) => void
}

/**
 * Makes new snapshots of old ones: without what is excluded, with other metadata. Trees with fields that this program does not know
 * are refused. Blobs, index and the new snapshot are durable before the original goes. Resolves to the number of changed snapshots.
 */
export async function rewriteSnapshots(
  repository: Repository,
  index: RepositoryIndex,
  snapshots: readonly StoredSnapshot[],
  options: RewriteOptions,
  signal: AbortSignal,
): Promise<number> {
  repository.assertWritable()
  await using writer = new BlobWriter(repository, index, writerOptionsOf(options), signal)
  const reader = new BlobReader(repository, index)
  let changed = 0
  for (const snapshot of snapshots) {
    const fresh = await rewritten(reader, writer, snapshot, options, signal)
    if (fresh !== undefined) changed++
    if (fresh === undefined || options.dryRun) {
      options.onSnapshot?.(snapshot, fresh !== undefined, undefined)
      continue
    }
    if (options.forget) assertRemovable(snapshot.id, options.held)
    await writer.finish()
    const newId = await commitSnapshot(repository, fresh, options.lock, signal)
    if (options.forget) await removeSnapshot(repository, snapshot.id, signal)
    options.onSnapshot?.(snapshot, true, newId)
  }
  return changed
}

/** The snapshot as it should be, or undefined when it is so already. */
async function rewritten(
  reader: BlobReader,
  writer: BlobWriter,
  snapshot: StoredSnapshot,
  options: RewriteOptions,
  signal: AbortSignal,
): Promise<Snapshot | undefined> {
  const { tree, summary } = await rewriteTree(reader, writer, snapshot, options, signal)
  const hasNewMetadata = options.newHost !== undefined || options.newTime !== undefined
  if (tree === snapshot.tree && !hasNewMetadata && isSameSummary(summary, snapshot.summary)) return undefined
  const { id, ...fields } = snapshot
  const tags = snapshot.tags ?? []
  return {
    ...fields,
    tree,
    original: id,
    tags: options.forget || tags.includes('rewrite') ? tags : [...tags, 'rewrite'],
    ...(summary === undefined ? {} : { summary }),
    ...(options.newTime === undefined ? {} : { time: options.newTime }),
    ...(options.newHost === undefined ? {} : { hostname: options.newHost }),
  }
}

async function rewriteTree(
  reader: BlobReader,
  writer: BlobWriter,
  snapshot: StoredSnapshot,
  options: RewriteOptions,
  signal: AbortSignal,
): Promise<{ readonly tree: Id; readonly summary: SnapshotSummary | undefined }> {
  const { isExcluded, onExcluded } = options
  if (isExcluded === undefined && !options.snapshotSummary) return { tree: snapshot.tree, summary: snapshot.summary }
  const store = async (content: Buffer): Promise<Id> => {
    if (options.dryRun) return hash('sha256', content, 'hex')
    const { id } = writer.addTree(content)
    await writer.drained()
    return id
  }
  const selection = { isExcluded: isExcluded ?? (() => false), ...(onExcluded === undefined ? {} : { onExcluded }) }
  const rewriter = new TreeRewriter(reader, { ...selection, store }, signal)
  const tree = await rewriter.rewrite(snapshot.tree, '/')
  const counted = { totalFilesProcessed: rewriter.files, totalBytesProcessed: rewriter.fileBytes }
  return { tree, summary: { ...(snapshot.summary ?? noSummary), ...counted } }
}

function isSameSummary(a: SnapshotSummary | undefined, b: SnapshotSummary | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  return a.totalFilesProcessed === b.totalFilesProcessed && a.totalBytesProcessed === b.totalBytesProcessed
}

const noSummary: SnapshotSummary = {
  backupStart: zeroTime,
  backupEnd: zeroTime,
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
  totalFilesProcessed: 0,
  totalBytesProcessed: 0,
}
