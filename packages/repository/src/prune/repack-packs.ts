import assert from 'node:assert/strict'
import { CoffreError, throwIfAborted } from '@coffre/foundation'
import { PackMemory } from '../check/pack-memory.ts'
import type { Id } from '../format/node.ts'
import type { RepositoryIndex } from '../index/repository-index.ts'
import { BlobWriter, type BlobWriterOptions } from '../repository/blob-writer.ts'
import type { Repository } from '../repository/repository.ts'
import { type PackStretch, packStretches } from '../walk/pack-stretches.ts'
import { EntriesByPack } from './entries-by-pack.ts'
import type { PrunePlan, PruneProgress } from './plan-prune.ts'

const stretchBytesMax = 8 * 1024 * 1024
/** A pack may have tens of thousands of blobs, each an object on its way to a worker. */
const piecesAtOnce = 1024
/** zstd's level for what is written again. */
const level = 3

export interface RepackOptions {
  readonly packBytes?: number
  /** Called for each pack once its blobs are on their way. */
  readonly onPack?: (done: number) => void
  /** Called for a blob that cannot be read; without it the first one ends the work. */
  readonly onDamaged?: (pack: Id, blob: Id, problem: string) => void
}

/**
 * Writes the wanted blobs of packs again, to new packs with new indexes; all of it is durable when this resolves. The old packs and
 * indexes stay as they are. A damaged blob ends it with its name and its pack's, unless `onDamaged` takes it.
 */
export async function repackPacks(
  repository: Repository,
  index: RepositoryIndex,
  packs: readonly number[],
  wantedOf: (pack: number) => Iterable<number>,
  options: RepackOptions,
  signal: AbortSignal,
): Promise<readonly Id[]> {
  await using writer = new BlobWriter(repository, index, writerOptions(options), signal)
  const memory = new PackMemory(stretchBytesMax)
  let next = 0
  let done = 0
  const lane = async (): Promise<void> => {
    for (let pack = packs[next++]; pack !== undefined; pack = packs[next++]) {
      for (const stretch of packStretches(index, wantedOf(pack), stretchBytesMax)) {
        throwIfAborted(signal)
        await repackStretch(repository, index, writer, stretch, memory, options, signal)
      }
      options.onPack?.(++done)
    }
  }
  await Promise.all(Array.from({ length: writer.pool.width + 1 }, lane))
  await writer.finish()
  return writer.packs
}

/** Carries over what a plan wants of the packs that it repacks. */
export async function repackPlanned(
  repository: Repository,
  plan: PrunePlan,
  options: { readonly packBytes?: number; readonly onProgress?: PruneProgress },
  signal: AbortSignal,
): Promise<void> {
  const { index, repack, wanted } = plan
  if (repack.length === 0) return
  const entries = new EntriesByPack(index)
  const onPack = (done: number): void => options.onProgress?.('repack', done, repack.length)
  const wantedOf = (pack: number): Iterable<number> => entries.of(pack).filter((entry) => wanted.has(entry))
  const size = options.packBytes === undefined ? {} : { packBytes: options.packBytes }
  const before = index.blobs.count
  await repackPacks(repository, index, repack, wantedOf, { onPack, ...size }, signal)
  const added = index.blobs.count - before
  assert.equal(added, wanted.size, `${added} of ${wanted.size} blobs were repacked; nothing was removed`)
}

function writerOptions({ packBytes }: RepackOptions): BlobWriterOptions {
  const base = { level, canCompress: true, verification: 'all', contentCut: { kind: 'gear', secret: new Uint8Array(32) } } as const
  return packBytes === undefined ? base : { ...base, packBytes }
}

async function repackStretch(
  repository: Repository,
  index: RepositoryIndex,
  writer: BlobWriter,
  stretch: PackStretch,
  packMemory: PackMemory,
  options: RepackOptions,
  signal: AbortSignal,
): Promise<void> {
  const name = index.packs.id(stretch.pack)
  const memory = packMemory.take(stretch.length)
  try {
    const target = Buffer.from(memory as unknown as ArrayBuffer, 0, stretch.length)
    const { offset, length } = stretch
    await repository.backend.load({ type: 'pack', name }, { offset, length }, signal, target)
    for (let at = 0; at < stretch.entries.length; at += piecesAtOnce) {
      const entries = stretch.entries.slice(at, at + piecesAtOnce)
      await repackPieces(index, writer, memory, offset, entries, name, options, signal)
    }
  } finally {
    packMemory.giveBack(memory)
  }
}

async function repackPieces(
  index: RepositoryIndex,
  writer: BlobWriter,
  memory: SharedArrayBuffer,
  stretchOffset: number,
  entries: readonly number[],
  name: Id,
  options: RepackOptions,
  signal: AbortSignal,
): Promise<void> {
  const pieces = entries.map((entry) => {
    const { offset, sealedBytes, rawBytes } = index.blobs.location(entry)
    return { id: index.blobs.idHex(entry), offset: offset - stretchOffset, sealedBytes, rawBytes }
  })
  const isTree = entries.map((entry) => index.blobs.isTree(entry))
  const { damaged } = await writer.pool.run({ kind: 'repack', memory, isTree, pieces }, signal)
  for (const [piece, problem] of damaged) {
    const blob = pieces[piece]?.id ?? ''
    if (options.onDamaged === undefined) throw damagedBlob(name, blob, problem)
    options.onDamaged(name, blob, problem)
  }
}

function damagedBlob(pack: Id, blob: Id, problem: string): CoffreError {
  return new CoffreError('repository.damaged', `pack ${pack} is damaged: blob ${blob}: ${problem}`, {
    hint: `Nothing was removed. Save what can be saved with \`coffre repo repair packs ${pack}\`, then \`repair snapshots\`.`,
  })
}
