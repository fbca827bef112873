import { CoffreError, minuteMs, throwIfAborted } from '@coffre/foundation'
import type { Region } from '../crypto/region.ts'
import { Sealer } from '../crypto/sealer.ts'
import { encodeIndex, type IndexedPack } from '../format/index-encoder.ts'
import type { Id } from '../format/node.ts'
import type { RepositoryIndex } from '../index/repository-index.ts'
import { defaultPackBytes } from '../pack/default-pack-bytes.ts'
import { parsePackHeader } from '../pack/pack-header.ts'
import type { ComputePool, PackReceiver } from '../pipeline/compute-pool.ts'
import type { WriteOptions } from '../pipeline/new-kernel.ts'
import { type FinishedPack, PackAssembler } from '../pipeline/pack-assembler.ts'
import { GrowingSlots, newSlotPoolMemory, SlotPool } from '../pipeline/pack-slots.ts'
import { newInlinePool, newThreadPool } from './new-pool.ts'
import type { Repository } from './repository.ts'
import type { WriteLock } from './write-lock.ts'

export interface BlobWriterOptions extends Omit<WriteOptions, 'openDataPacks'> {
  /** Packs are complete at this size at the latest; 16 MiB. */
  readonly packBytes?: number
  /** Whether worker threads store trees too, as repacking does. False where all trees come by `addTree`: it saves memory. */
  readonly threadsStoreTrees?: boolean
  /** Packs on their way to the backend at the same time. */
  readonly uploads?: number
  /** Worker threads at most, for what runs beside other work and shall not take much memory; as many as the context has unless given. */
  readonly threads?: number
  /** Called when a pack is stored, so that progress shows. */
  readonly onPackStored?: (id: Id, sizeBytes: number) => void
  /**
   * Awaited before the first pack is stored and before `finish` resolves: the confirmation of a lock that was taken meanwhile. An
   * index that was read before then is compared with what is there afterwards.
   */
  readonly confirmed?: Promise<void>
  /** Puts what is stored under retention. */
  readonly lock?: WriteLock
}

/** Trees are small and few: the thread that stores them completes packs earlier, to keep less memory. */
const treePackBytes = 4 * 1024 * 1024
const treeBytesStep = 1 << 16
/** Blobs are dealt over at least so many open packs, of all threads together (finding 9 of the vault rules). */
const openPacksMin = 2
const defaultUploads = 1
/** An index file is written when so many blobs wait for one, so that a killed backup need not store them again. */
const blobsPerIndex = 10_000
/** Or so much time has passed: packs without an index must not wait so long that a sweep takes them for leftovers. */
const indexPeriodMs = 10 * minuteMs

/**
 * One session of storing blobs: packs from all threads go to the backend as they are completed, index files follow them, never
 * before the packs that they name are durable. Nothing refers to the blobs until the caller saves a snapshot after `finish`.
 * A session that fails leaves packs that no index names, which prune removes.
 */
export class BlobWriter implements PackReceiver, AsyncDisposable {
  readonly pool: ComputePool
  readonly #repository: Repository
  readonly #index: RepositoryIndex
  readonly #options: BlobWriterOptions
  readonly #signal: AbortSignal
  readonly #stop = new AbortController()
  readonly #mainSlots: GrowingSlots
  readonly #slots: SlotPool | undefined
  readonly #trees: PackAssembler
  readonly #treeId: Region
  #treeContent: Region
  readonly #confirmed: Promise<void>
  readonly #saves = new Set<Promise<void>>()
  #mainPacksInFlight = 0
  #unindexed: IndexedPack[] = []
  #unindexedBlobs = 0
  #indexedMs: number
  #indexing: Promise<void> = Promise.resolve()
  #failure: unknown
  readonly #packs: Id[] = []

  constructor(repository: Repository, index: RepositoryIndex, options: BlobWriterOptions, signal: AbortSignal) {
    this.#repository = repository
    this.#indexedMs = repository.context.clock.monotonicMs()
    this.#index = index
    this.#options = options
    this.#signal = AbortSignal.any([signal, this.#stop.signal])
    this.#confirmed = options.confirmed === undefined ? Promise.resolve() : this.#confirm(options.confirmed, [...index.files])
    // Whoever awaits it hears of the failure; until then it must not count as unhandled.
    this.#confirmed.catch(() => undefined)
    const { primitives } = repository.workbench
    const packBytes = options.packBytes ?? defaultPackBytes
    const { context } = repository
    this.#mainSlots = new GrowingSlots(context.workers === 0 ? packBytes : Math.min(packBytes, treePackBytes), primitives)
    const workers = Math.min(context.workers, options.threads ?? context.workers)
    const openDataPacks = Math.ceil(openPacksMin / Math.max(1, workers))
    const writeOptions = { ...options, openDataPacks }
    const randomInteger = (below: number): number => context.random.integer(below)
    const receive = (pack: FinishedPack): void => this.receive(pack)
    this.#trees = new PackAssembler(
      primitives,
      new Sealer(repository.masterKey, primitives),
      index.blobs,
      this.#mainSlots,
      { ...writeOptions, randomInteger },
      receive,
    )
    this.#treeId = primitives.allocate(32)
    this.#treeContent = primitives.allocate(treeBytesStep)
    if (context.workers === 0) {
      this.pool = newInlinePool(repository, index.blobs, writeOptions, this.#mainSlots, receive, () => this.settled())
    } else {
      // Whatever a thread may have open at a time must fit for all of them, or they wait for each other for ever.
      const openPacks = openDataPacks + ((options.threadsStoreTrees ?? true) ? 1 : 0)
      const slots = newSlotPoolMemory(workers * openPacks + (options.uploads ?? defaultUploads), packBytes)
      this.#slots = new SlotPool(slots, primitives)
      this.pool = newThreadPool(repository, workers, index.blobs, writeOptions, slots, this.#slots, this)
    }
  }

  /** Names of the packs stored by this session, in the order in which they became durable. */
  get packs(): readonly Id[] {
    return this.#packs
  }

  /** Stores a tree's JSON on the calling thread and returns its id; `isNew` when the index did not have it. */
  addTree(content: Uint8Array): { readonly id: Id; readonly isNew: boolean } {
    this.#throwIfFailed()
    if (this.#treeContent.bytes.length < content.length) {
      this.#treeContent = this.#repository.workbench.primitives.allocate(Math.ceil(content.length / treeBytesStep) * treeBytesStep)
    }
    this.#treeContent.bytes.set(content)
    const isNew = this.#trees.add(true, this.#treeContent, 0, content.length, this.#treeId, 0)
    return { id: this.#treeId.bytes.toString('hex', 0, 32), isNew }
  }

  /** What addTree stored. */
  get treeCounts(): { readonly treeBlobs: number; readonly rawBytes: number; readonly packedBytes: number } {
    return this.#trees.counts
  }

  /** Resolves when no more than two packs of the calling thread wait to be stored: the place where a producer of trees waits. */
  async drained(): Promise<void> {
    while (this.#mainPacksInFlight > 2) await Promise.race(this.#saves)
    this.#throwIfFailed()
  }

  /** Resolves when every pack received so far is stored. */
  async settled(): Promise<void> {
    while (this.#saves.size > 0) await Promise.all(this.#saves)
    this.#throwIfFailed()
  }

  /** Resolves when what `addTree` has stored so far can be read back; costs a pack that is not full. */
  async treesStored(): Promise<void> {
    this.#trees.finish()
    await this.settled()
  }

  receive(pack: FinishedPack): void {
    if (pack.slot.number < 0) this.#mainPacksInFlight++
    const save = this.#save(pack)
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        if (pack.slot.number < 0) this.#mainPacksInFlight--
        this.#saves.delete(save)
      })
    this.#saves.add(save)
  }

  /** Completes and stores all packs, then their index files; durable when it resolves. */
  async finish(): Promise<void> {
    this.#throwIfFailed()
    await this.#confirmed
    await this.pool.finish(this.#signal)
    this.#trees.finish()
    await this.settled()
    this.#writeIndex()
    await this.#indexing
    this.#throwIfFailed()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new CoffreError('interrupted', 'the session was closed'))
    await this.pool[Symbol.asyncDispose]()
    await Promise.all(this.#saves)
    await this.#indexing
  }

  /**
   * An exclusive lock may have come and gone between our look at the locks and our own lock file, quicker than the confirmation: a
   * prune that read no snapshot of ours and removed what the index, read meanwhile, still names.
   */
  async #confirm(confirmed: Promise<void>, read: readonly Id[]): Promise<void> {
    await confirmed
    const present = new Set(await this.#repository.names('index', this.#signal))
    if (read.every((name) => present.has(name))) return
    throw new CoffreError('repository.locked', 'the repository was pruned while this process took its lock', {
      hint: 'Nothing was stored. Run the command again.',
    })
  }

  async #save(pack: FinishedPack): Promise<void> {
    await this.#confirmed
    throwIfAborted(this.#signal)
    this.#repository.assertHeld(0)
    const body = Buffer.from(pack.slot.memory as unknown as ArrayBuffer, 0, pack.lengthBytes)
    const { lock } = this.#options
    const options = lock === undefined ? {} : { retention: lock.packRetention(pack.id) }
    const { versionId } = await this.#repository.backend.save({ type: 'pack', name: pack.id }, [body], options, this.#signal)
    lock?.packStored(pack.id, versionId)
    this.#index.packs.set(pack.number, pack.id, pack.lengthBytes)
    if (pack.slot.number >= 0) this.#slots?.giveBack(pack.slot)
    else this.#mainSlots.giveBack(pack.slot)
    this.#packs.push(pack.id)
    this.#options.onPackStored?.(pack.id, pack.lengthBytes)
    const blobs = parsePackHeader(pack.header, pack.id)
    this.#unindexed.push({ id: pack.id, blobs })
    this.#unindexedBlobs += blobs.length
    const isDue = this.#repository.context.clock.monotonicMs() - this.#indexedMs >= indexPeriodMs
    if (isDue || this.#unindexedBlobs >= blobsPerIndex) this.#writeIndex()
  }

  /** Packs that are stored go to a new index file, once they are durable. Files are written one after the other. */
  #writeIndex(): void {
    const packs = this.#unindexed
    if (packs.length === 0) return
    this.#unindexed = []
    this.#unindexedBlobs = 0
    this.#indexedMs = this.#repository.context.clock.monotonicMs()
    this.#indexing = this.#indexing.then(async () => {
      if (this.#failure !== undefined) return
      await this.#repository.backend.flush(this.#signal)
      const retention = this.#options.lock?.indexRetention(packs.map(({ id }) => id))
      const name = await this.#repository.saveUnpacked('index', encodeIndex(packs), this.#signal, retention)
      await this.#repository.backend.flush(this.#signal)
      this.#index.files.add(name)
    })
    this.#indexing = this.#indexing.catch((error: unknown) => this.#fail(error))
  }

  #fail(error: unknown): void {
    this.#failure ??= error
    this.#stop.abort(error)
    this.#slots?.stop()
  }

  #throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure
    throwIfAborted(this.#signal)
  }
}
