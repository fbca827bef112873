import type { Id } from '../format/node.ts'
import type { StoredSnapshot } from '../format/snapshot.ts'
import type { StoredCounts } from '../pipeline/jobs.ts'
import { BlobReader } from '../repository/blob-reader.ts'
import { BlobWriter } from '../repository/blob-writer.ts'
import { listSnapshots } from '../snapshots/snapshots.ts'
import { BlobSet } from '../walk/blob-set.ts'
import { streamTrees } from '../walk/stream-trees.ts'
import { BlobTransfer, type IndexedRepository } from './blob-transfer.ts'
import { CopiedSnapshots } from './copied-snapshots.ts'
import { commitSnapshot, type StoreOptions, writerOptionsOf } from './store-options.ts'

export interface CopyOptions extends StoreOptions {
  /** A snapshot in the target that cannot be read, and so cannot be known as a copy; without it the first one ends the work. */
  readonly onDamaged?: (id: Id, error: unknown) => void
  /** Called with the live counts once work begins. */
  readonly onStart?: (counts: CopyCounts) => void
  /** A snapshot whose copy is there already. */
  readonly onSkipped?: (snapshot: StoredSnapshot, copy: StoredSnapshot) => void
  /** A snapshot that is copied now, durably. */
  readonly onCopied?: (snapshot: StoredSnapshot, id: Id) => void
}

/** What a copy counts while it works; read at any time to show progress. */
export interface CopyCounts {
  readonly snapshotsTotal: number
  snapshotsCopied: number
  snapshotsSkipped: number
  treesSeen: number
  /** Of data blobs as the source has them stored. Planned grows while trees are read. */
  bytesPlanned: number
  bytesTransferred: number
  /** New in the target. */
  dataBlobs: number
  treeBlobs: number
  dataAdded: number
  dataAddedPacked: number
}

/** Snapshots become durable together when so much has been stored for them, so that small ones do not each end with small packs. */
const bytesPerCommit = 256 * 1024 * 1024

/**
 * Copies snapshots with all that they need: blobs that the target lacks, then indexes, then the snapshots, in the order given. Each
 * blob is verified on the way and sealed with the target's key. The caller holds locks on both; the target's index was read with
 * `trustOnlyListedPacks`. Whatever stops it, the snapshots in the target are whole, and another run goes on from there.
 */
export async function copySnapshots(
  source: IndexedRepository,
  target: IndexedRepository,
  snapshots: readonly StoredSnapshot[],
  options: CopyOptions,
  signal: AbortSignal,
): Promise<CopyCounts> {
  target.repository.assertWritable()
  const copied = new CopiedSnapshots(await listSnapshots(target.repository, signal, options.onDamaged))
  await using copier = new Copier(source, target, snapshots.length, options, signal)
  options.onStart?.(copier.counts)
  for (const snapshot of snapshots) {
    const copy = copied.copyOf(snapshot)
    if (copy === undefined) await copier.add(snapshot)
    else {
      copier.counts.snapshotsSkipped++
      options.onSkipped?.(snapshot, copy)
    }
  }
  await copier.commit()
  return copier.counts
}

class Copier implements AsyncDisposable {
  readonly counts: CopyCounts
  readonly #target: IndexedRepository
  readonly #options: CopyOptions
  readonly #signal: AbortSignal
  readonly #reader: BlobReader
  readonly #writer: BlobWriter
  readonly #transfer: BlobTransfer
  readonly #seenTrees: BlobSet
  #uncommitted: StoredSnapshot[] = []
  #packedAtCommit = 0
  #treesCounted = { treeBlobs: 0, rawBytes: 0, packedBytes: 0 }

  constructor(
    source: IndexedRepository,
    target: IndexedRepository,
    snapshotsTotal: number,
    options: CopyOptions,
    signal: AbortSignal,
  ) {
    this.#target = target
    this.#options = options
    this.#signal = signal
    this.#reader = new BlobReader(source.repository, source.index)
    this.#writer = new BlobWriter(target.repository, target.index, writerOptionsOf(options), signal)
    this.counts = { ...emptyCounts, snapshotsTotal }
    const events = {
      planned: (bytes: number): void => {
        this.counts.bytesPlanned += bytes
      },
      transferred: (bytes: number, stored: StoredCounts): void => {
        this.counts.bytesTransferred += bytes
        this.counts.dataBlobs += stored.dataBlobs
        this.counts.dataAdded += stored.rawBytes
        this.counts.dataAddedPacked += stored.packedBytes
      },
    }
    this.#transfer = new BlobTransfer(source, this.#reader, target.index, this.#writer, events, signal)
    this.#seenTrees = new BlobSet(source.index)
  }

  /** Stores what the snapshot needs. It is committed with the next ones, or by `commit`. */
  async add(snapshot: StoredSnapshot): Promise<void> {
    for await (const { content, nodes } of streamTrees(this.#reader, [snapshot.tree], this.#seenTrees, {}, this.#signal)) {
      this.#writer.addTree(content)
      await this.#writer.drained()
      this.counts.treesSeen++
      for (const node of nodes) for (const id of node.content ?? []) await this.#transfer.want(id)
    }
    this.#uncommitted.push(snapshot)
    if (this.#packedBytes() - this.#packedAtCommit >= bytesPerCommit) await this.commit()
  }

  async commit(): Promise<void> {
    await this.#transfer.settle()
    await this.#writer.finish()
    this.#countTrees()
    this.#packedAtCommit = this.#packedBytes()
    const snapshots = this.#uncommitted
    this.#uncommitted = []
    for (const snapshot of snapshots) {
      // The parent means nothing in another repository; the original is what the copies of a snapshot have in common.
      const { id, parent: _parent, ...fields } = snapshot
      const fresh = { ...fields, original: snapshot.original ?? id }
      const copy = await commitSnapshot(this.#target.repository, fresh, this.#options.lock, this.#signal)
      this.counts.snapshotsCopied++
      this.#options.onCopied?.(snapshot, copy)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer[Symbol.asyncDispose]()
  }

  #packedBytes(): number {
    return this.counts.bytesPlanned + this.#writer.treeCounts.packedBytes
  }

  #countTrees(): void {
    const { treeBlobs, rawBytes, packedBytes } = this.#writer.treeCounts
    this.counts.treeBlobs += treeBlobs - this.#treesCounted.treeBlobs
    this.counts.dataAdded += rawBytes - this.#treesCounted.rawBytes
    this.counts.dataAddedPacked += packedBytes - this.#treesCounted.packedBytes
    this.#treesCounted = { treeBlobs, rawBytes, packedBytes }
  }
}

const emptyCounts = {
  snapshotsCopied: 0,
  snapshotsSkipped: 0,
  treesSeen: 0,
  bytesPlanned: 0,
  bytesTransferred: 0,
  dataBlobs: 0,
  treeBlobs: 0,
  dataAdded: 0,
  dataAddedPacked: 0,
}
