import { CoffreError, isCoffreError, throwIfAborted } from '@coffre/foundation'
import { Bitmap } from '../check/bitmap.ts'
import { refuseHeldPacks } from '../forget/forget-snapshots.ts'
import type { Id } from '../format/node.ts'
import type { RepositoryIndex } from '../index/repository-index.ts'
import { PieceOpener } from '../pipeline/open-piece.ts'
import { EntriesByPack } from '../prune/entries-by-pack.ts'
import { type Held, nothingHeld } from '../prune/held.ts'
import { removeFiles } from '../prune/remove-files.ts'
import { repackPacks } from '../prune/repack-packs.ts'
import { rewriteIndex } from '../prune/rewrite-index.ts'
import { loadIndex } from '../repository/load-index.ts'
import type { Repository } from '../repository/repository.ts'
import { readPackHeader } from './read-pack-header.ts'
import { addPack } from './repair-index.ts'

export interface RepairPacksOptions {
  readonly dryRun?: boolean
  readonly held?: Held
  readonly packBytes?: number
  /** Given the content of each pack that is there, before anything is changed: to keep a copy of it. */
  readonly keepCopy?: (pack: Id, content: Uint8Array) => Promise<void>
  readonly onProgress?: (phase: 'packs' | 'rewrite-index' | 'remove-indexes' | 'remove-packs', done: number, total: number) => void
}

export interface LostBlob {
  readonly pack: Id
  readonly blob: Id
  readonly isTree: boolean
  readonly problem: string
  /** Another pack has the blob, so that nothing is lost. */
  readonly isElsewhere: boolean
}

export interface RepairPacksResult {
  /** Blobs that were, or with a dry run would be, stored again. */
  readonly savedBlobs: number
  readonly lost: readonly LostBlob[]
  /** Packs that neither an index names nor the storage has. */
  readonly unknown: readonly Id[]
}

/**
 * Stores the intact blobs of damaged packs again and lets go of the packs. The caller holds an exclusive lock. What is saved is
 * durable before the packs leave the index, and they leave it before they are removed; it can be stopped and run again.
 */
export async function repairPacks(
  repository: Repository,
  ids: Iterable<Id>,
  options: RepairPacksOptions,
  signal: AbortSignal,
): Promise<RepairPacksResult> {
  const names = [...new Set(ids)]
  refuseHeldPacks(names, options.held ?? nothingHeld)
  if (options.dryRun !== true) repository.assertWritable()
  const index = await loadIndex(repository, {}, signal)
  const rescue = new Rescue(repository, index, options)
  for (const name of names) await rescue.inspect(name, signal)
  await rescue.save(signal)
  if (options.dryRun !== true) await rescue.letGo(names, signal)
  return rescue.result()
}

class Rescue {
  readonly #repository: Repository
  readonly #index: RepositoryIndex
  readonly #options: RepairPacksOptions
  /** Sizes of the packs, by number; 0 for those that are not there. */
  readonly #packs = new Map<number, number>()
  readonly #leaving = new Bitmap()
  readonly #unknown: Id[] = []
  readonly #damaged: Omit<LostBlob, 'isElsewhere'>[] = []
  #attempted = 0

  constructor(repository: Repository, index: RepositoryIndex, options: RepairPacksOptions) {
    this.#repository = repository
    this.#index = index
    this.#options = options
  }

  /** Finds out what should be in the pack: from the index, or else from its header. */
  async inspect(name: Id, signal: AbortSignal): Promise<void> {
    const info = await this.#repository.backend.stat({ type: 'pack', name }, signal)
    if (info !== undefined) await this.#options.keepCopy?.(name, await this.#repository.loadRaw({ type: 'pack', name }, signal))
    let pack = this.#index.packs.find(name)
    if (pack < 0 && info !== undefined) pack = await this.#addFromHeader(name, info.sizeBytes, signal)
    if (pack >= 0) {
      this.#packs.set(pack, info?.sizeBytes ?? 0)
      this.#leaving.add(pack)
    } else if (info === undefined) this.#unknown.push(name)
  }

  async save(signal: AbortSignal): Promise<void> {
    const entries = new EntriesByPack(this.#index)
    const wanted = (pack: number): Uint32Array => entries.of(pack).filter((entry) => this.#isInside(entry, pack))
    const packs = [...this.#packs.keys()]
    if (this.#options.dryRun === true) {
      for (const pack of packs) for (const entry of wanted(pack)) await this.#tryOne(entry, pack, signal)
      return
    }
    const { onProgress, packBytes } = this.#options
    const options = {
      onPack: (done: number) => onProgress?.('packs', done, packs.length),
      onDamaged: (pack: Id, blob: Id, problem: string) => this.#reportDamaged(pack, blob, problem),
      ...(packBytes === undefined ? {} : { packBytes }),
    }
    await repackPacks(this.#repository, this.#index, packs, wanted, options, signal)
  }

  async letGo(names: readonly Id[], signal: AbortSignal): Promise<void> {
    const { onProgress } = this.#options
    if (this.#leaving.size > 0) {
      await rewriteIndex(
        this.#repository,
        this.#index,
        (pack) => !this.#leaving.has(pack),
        [...this.#index.files],
        onProgress,
        signal,
      )
    }
    await removeFiles(
      this.#repository,
      'pack',
      names,
      onProgress && ((done, total) => onProgress('remove-packs', done, total)),
      signal,
    )
  }

  result(): RepairPacksResult {
    const lost = this.#damaged.map((blob) => ({ ...blob, isElsewhere: this.#isElsewhere(blob.blob, blob.isTree) }))
    return { savedBlobs: this.#attempted - this.#damaged.length, lost, unknown: this.#unknown }
  }

  async #addFromHeader(name: Id, sizeBytes: number, signal: AbortSignal): Promise<number> {
    try {
      const pack = addPack(this.#index, await readPackHeader(this.#repository, name, sizeBytes, signal))
      this.#index.packs.set(pack, name, sizeBytes)
      return pack
    } catch (error) {
      if (!isCoffreError(error, 'repository.damaged')) throw error
      return -1
    }
  }

  #isInside(entry: number, pack: number): boolean {
    this.#attempted++
    const { offset, sealedBytes } = this.#index.blobs.location(entry)
    const sizeBytes = this.#packs.get(pack) ?? 0
    if (offset + sealedBytes <= sizeBytes) return true
    const problem = sizeBytes === 0 ? 'the pack is missing or empty' : `the pack ends at ${sizeBytes} bytes, before its end`
    this.#damaged.push({
      pack: this.#index.packs.id(pack),
      blob: this.#index.blobs.idHex(entry),
      isTree: this.#index.blobs.isTree(entry),
      problem,
    })
    return false
  }

  async #tryOne(entry: number, pack: number, signal: AbortSignal): Promise<void> {
    throwIfAborted(signal)
    const { offset, sealedBytes, rawBytes } = this.#index.blobs.location(entry)
    const { primitives, sealer } = this.#repository.workbench
    const region = primitives.allocate(sealedBytes)
    const name = this.#index.packs.id(pack)
    await this.#repository.backend.load({ type: 'pack', name }, { offset, length: sealedBytes }, signal, region.bytes)
    const id = this.#index.blobs.idHex(entry)
    const opened = new PieceOpener(primitives, sealer).open(region, { id, offset: 0, sealedBytes, rawBytes })
    if (typeof opened === 'string') this.#reportDamaged(name, id, opened)
  }

  #reportDamaged(pack: Id, blob: Id, problem: string): void {
    const number = this.#index.packs.find(pack)
    const isTree = this.#index.find(blob, true).some((found) => found.pack === number)
    this.#damaged.push({ pack, blob, isTree, problem })
  }

  #isElsewhere(blob: Id, isTree: boolean): boolean {
    return this.#index.find(blob, isTree).some((found) => !this.#leaving.has(found.pack))
  }
}

/** Throws `usage.invalid` for what cannot be the full name of a pack. */
export function parsePackIds(texts: readonly string[]): Id[] {
  for (const text of texts) {
    if (/^[0-9a-f]{64}$/.test(text)) continue
    throw new CoffreError('usage.invalid', `${JSON.stringify(text)} is not the name of a pack`, {
      hint: '`coffre repo check --read-data` lists the names of broken packs, 64 digits each.',
    })
  }
  return [...texts]
}
