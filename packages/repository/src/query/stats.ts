import { hash } from 'node:crypto'
import { type ByteString, CoffreError } from '@coffre/foundation'
import { sealOverheadBytes } from '../crypto/sealer.ts'
import type { Id, Node } from '../format/node.ts'
import type { Snapshot } from '../format/snapshot.ts'
import type { RepositoryIndex } from '../index/repository-index.ts'
import type { BlobReader } from '../repository/blob-reader.ts'
import { BlobSet } from '../walk/blob-set.ts'
import { streamTrees } from '../walk/stream-trees.ts'
import { childPath, type WalkedItem, walkTree } from '../walk/walk-tree.ts'
import { jsonObject, unlessZero } from './json-text.ts'

/**
 * What is counted.
 * - `restore-size`: every entry, and the bytes of the files, of several links to one file only once a snapshot.
 * - `files-by-contents`: distinct contents and their bytes.
 * - `blobs-per-file`: of distinct contents, by path, the distinct blobs and their bytes.
 * - `raw-data`: distinct blobs as they are stored.
 */
export type StatsMode = 'restore-size' | 'files-by-contents' | 'blobs-per-file' | 'raw-data'

export interface Stats {
  totalSize: number
  snapshotsCount: number
  totalFileCount: number
  totalBlobCount: number
  /** Of `raw-data` in a repository that knows compression: what all blobs would take without it. */
  totalUncompressedSize: number
  /** Uncompressed by compressed size, of the blobs that are compressed. */
  compressionRatio: number
  /** How much of the data is compressed, in percent. */
  compressionProgress: number
  /** In percent of the uncompressed size. */
  compressionSpaceSaving: number
}

/** Counts over the snapshots. The first tree or blob that is missing ends it. */
export async function stats(
  reader: BlobReader,
  index: RepositoryIndex,
  formatVersion: number,
  snapshots: readonly Snapshot[],
  mode: StatsMode,
  signal: AbortSignal,
): Promise<Stats> {
  const counts = emptyStats(snapshots.length)
  if (mode === 'raw-data') {
    const blobs = await usedBlobs(reader, index, snapshots, signal)
    countStored(index, blobs, formatVersion >= 2, counts)
    return counts
  }
  const counter = mode === 'restore-size' ? new RestoreSizeCounter(counts) : new ContentCounter(counts, index, mode)
  for (const { tree } of snapshots) {
    counter.beginSnapshot()
    for await (const item of walkTree(reader, tree, {}, signal)) counter.add(item)
  }
  return counts
}

/** One line, with the fields that restic prints; those that are 0 are left out, as there. */
export function statsToJson(counts: Stats): string {
  return jsonObject({
    total_size: counts.totalSize,
    total_uncompressed_size: unlessZero(counts.totalUncompressedSize),
    compression_ratio: unlessZero(counts.compressionRatio),
    compression_progress: unlessZero(counts.compressionProgress),
    compression_space_saving: unlessZero(counts.compressionSpaceSaving),
    total_file_count: unlessZero(counts.totalFileCount),
    total_blob_count: unlessZero(counts.totalBlobCount),
    snapshots_count: counts.snapshotsCount,
  })
}

/** Every blob, trees too, that the snapshots need. */
async function usedBlobs(
  reader: BlobReader,
  index: RepositoryIndex,
  snapshots: readonly Snapshot[],
  signal: AbortSignal,
): Promise<BlobSet> {
  const blobs = new BlobSet(index)
  const roots = snapshots.map((snapshot) => snapshot.tree)
  for await (const { nodes } of streamTrees(reader, roots, blobs, {}, signal)) {
    for (const { type, content } of nodes) {
      if (type === 'file') for (const id of content ?? []) blobs.add(id, false)
    }
  }
  return blobs
}

function emptyStats(snapshotsCount: number): Stats {
  return {
    totalSize: 0,
    snapshotsCount,
    totalFileCount: 0,
    totalBlobCount: 0,
    totalUncompressedSize: 0,
    compressionRatio: 0,
    compressionProgress: 0,
    compressionSpaceSaving: 0,
  }
}

function countStored(index: RepositoryIndex, blobs: BlobSet, knowsCompression: boolean, counts: Stats): void {
  for (const { id, isTree } of blobs.strangers()) throw notIndexed(id, isTree)
  let compressed = 0
  let compressedRaw = 0
  let uncompressed = 0
  for (const entry of blobs.entries()) {
    const { sealedBytes, rawBytes } = index.blobs.location(entry)
    counts.totalBlobCount++
    counts.totalSize += sealedBytes
    const whole = rawBytes > 0 ? rawBytes + sealOverheadBytes : sealedBytes
    uncompressed += whole
    if (rawBytes === 0) continue
    compressed += sealedBytes
    compressedRaw += whole
  }
  if (!knowsCompression) return
  counts.totalUncompressedSize = uncompressed
  if (compressed > 0) counts.compressionRatio = compressedRaw / compressed
  if (uncompressed === 0) return
  counts.compressionProgress = (compressedRaw / uncompressed) * 100
  counts.compressionSpaceSaving = (1 - counts.totalSize / uncompressed) * 100
}

class RestoreSizeCounter {
  readonly #counts: Stats
  #links = new Set<string>()

  constructor(counts: Stats) {
    this.#counts = counts
  }

  beginSnapshot(): void {
    this.#links = new Set()
  }

  add({ node }: WalkedItem): void {
    this.#counts.totalFileCount++
    if (node.links !== 1 && node.type !== 'dir' && (node.inode ?? 0) !== 0) {
      const key = `${node.deviceId ?? 0}:${node.inode}`
      if (this.#links.has(key)) return
      this.#links.add(key)
    }
    this.#counts.totalSize += Number(node.size ?? 0)
  }
}

class ContentCounter {
  readonly #counts: Stats
  readonly #index: RepositoryIndex
  readonly #mode: 'files-by-contents' | 'blobs-per-file'
  readonly #contents = new Set<string>()
  readonly #blobsOfFiles = new Map<ByteString, Set<Id>>()

  constructor(counts: Stats, index: RepositoryIndex, mode: 'files-by-contents' | 'blobs-per-file') {
    this.#counts = counts
    this.#index = index
    this.#mode = mode
  }

  beginSnapshot(): void {
    // Contents are compared across snapshots.
  }

  add({ path, node }: WalkedItem): void {
    const key = contentKey(node)
    if (this.#contents.has(key)) return
    this.#contents.add(key)
    if (this.#mode === 'blobs-per-file') this.#addBlobs(childPath(path, node.name), node.content ?? [])
    else this.#addFile(node)
  }

  /** What has no content at all counts as one empty file, as restic has it. */
  #addFile(node: Node): void {
    this.#counts.totalFileCount++
    this.#counts.totalSize += Number(node.size ?? 0)
  }

  #addBlobs(path: ByteString, content: readonly Id[]): void {
    for (const id of content) {
      let blobs = this.#blobsOfFiles.get(path)
      if (blobs === undefined) {
        blobs = new Set()
        this.#blobsOfFiles.set(path, blobs)
        this.#counts.totalFileCount++
      }
      if (blobs.has(id)) continue
      blobs.add(id)
      const size = this.#index.contentBytes(id, false)
      if (size === undefined) throw notIndexed(id, false)
      this.#counts.totalSize += size
      this.#counts.totalBlobCount++
    }
  }
}

/** Equal for equal content; short, as there is one for each file. */
function contentKey({ content }: Node): string {
  if (content === null || content.length === 0) return ''
  const [only] = content
  if (content.length === 1 && only !== undefined) return only
  return hash('sha256', content.join(''), 'base64')
}

function notIndexed(id: Id, isTree: boolean): CoffreError {
  return new CoffreError('blob.missing', `${isTree ? 'tree' : 'data'} blob ${id} is in no index`, {
    hint: 'Run `coffre repo check`; `coffre repo repair index` finds blobs that no index names.',
  })
}
