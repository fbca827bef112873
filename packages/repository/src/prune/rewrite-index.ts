import assert from 'node:assert/strict'
import { sealOverheadBytes } from '../crypto/sealer.ts'
import { IndexEncoder } from '../format/index-encoder.ts'
import type { Id } from '../format/node.ts'
import type { RepositoryIndex } from '../index/repository-index.ts'
import { compressedHeaderEntryBytes, headerEntryBytes } from '../pack/pack-header.ts'
import { type Repository, requestMarginMs } from '../repository/repository.ts'
import { EntriesByPack } from './entries-by-pack.ts'
import { removeFiles } from './remove-files.ts'

/** A new index file begins after so many blobs, with the next pack. */
const blobsPerFile = 50_000
const headerOverheadBytes = sealOverheadBytes + 4

/**
 * Writes what the index says of the chosen packs to new index files. They are durable when this resolves, and the old ones still
 * there. Where the size of a pack is known, its blobs have to add up to it.
 */
export async function writeIndex(
  repository: Repository,
  index: RepositoryIndex,
  isKept: (pack: number) => boolean,
  onProgress: ((packsDone: number, packsTotal: number) => void) | undefined,
  signal: AbortSignal,
): Promise<Id[]> {
  const entries = new EntriesByPack(index)
  const total = index.packs.limit
  const names: Id[] = []
  let encoder = new IndexEncoder()
  const save = async (): Promise<void> => {
    repository.assertHeld(requestMarginMs)
    names.push(await repository.saveUnpacked('index', encoder.finish(), signal))
    encoder = new IndexEncoder()
  }
  for (let pack = 0; pack < total; pack++) {
    const ofPack = isKept(pack) ? entries.of(pack) : []
    if (ofPack.length === 0) continue
    encoder.beginPack(index.packs.id(pack))
    let packBytes = headerOverheadBytes
    for (const entry of ofPack) {
      const { offset, sealedBytes, rawBytes } = index.blobs.location(entry)
      packBytes += sealedBytes + (rawBytes > 0 ? compressedHeaderEntryBytes : headerEntryBytes)
      encoder.blob(index.blobs.idHex(entry), index.blobs.isTree(entry), offset, sealedBytes, rawBytes)
    }
    const sizeBytes = index.packs.sizeBytes(pack) ?? packBytes
    assert.equal(packBytes, sizeBytes, `the blobs of pack ${index.packs.id(pack)} make ${packBytes} bytes, it has ${sizeBytes}`)
    if (encoder.blobCount < blobsPerFile) continue
    await save()
    onProgress?.(pack + 1, total)
  }
  if (encoder.packCount > 0) await save()
  await repository.backend.flush(signal)
  onProgress?.(total, total)
  return names
}

/**
 * Replaces all index files that `index` was read from by new ones without the packs that are not kept. At every moment each kept
 * pack is in some index. Durable when it resolves; interrupted, it leaves packs that several files name, which does no harm.
 */
export async function rewriteIndex(
  repository: Repository,
  index: RepositoryIndex,
  isKept: (pack: number) => boolean,
  obsolete: Iterable<Id>,
  onProgress: ((phase: 'rewrite-index' | 'remove-indexes', done: number, total: number) => void) | undefined,
  signal: AbortSignal,
): Promise<void> {
  const names = await writeIndex(
    repository,
    index,
    isKept,
    onProgress && ((done, total) => onProgress('rewrite-index', done, total)),
    signal,
  )
  const old = [...obsolete]
  await removeFiles(repository, 'index', old, onProgress && ((done, total) => onProgress('remove-indexes', done, total)), signal)
  for (const name of old) index.files.delete(name)
  for (const name of names) index.files.add(name)
}
