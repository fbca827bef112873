import { CoffreError, type Context, type Random } from '@coffre/foundation'
import type {
  Backend,
  BackendAbilities,
  ByteRange,
  FileHandle,
  FileInfo,
  FileType,
  ObjectLock,
  SaveOptions,
  SaveResult,
} from '@coffre/storage'
import { bodySizeBytes } from '@coffre/storage'

/**
 * What can go wrong with one call.
 * - `unavailable`: refused before anything happens, as by a 503.
 * - `lost-acknowledgement`: done, but answered with an error that may be tried again.
 * - `reset`: breaks off: half of the bytes of a load reach the target, half of a listing its reader; nothing of a change happens.
 * - `slow`: done after a pause.
 * - `bit-flip`: a load whose bytes differ in one bit.
 * - `truncated`: a load that ends too early, and says so.
 * - `missing-entry`, `repeated-entry`: a listing that leaves one out, or gives one twice.
 */
export type Fault =
  | {
      readonly kind:
        | 'unavailable'
        | 'lost-acknowledgement'
        | 'reset'
        | 'bit-flip'
        | 'truncated'
        | 'missing-entry'
        | 'repeated-entry'
    }
  | { readonly kind: 'slow'; readonly delayMs: number }
  | { readonly kind: 'error'; readonly error: CoffreError }

export type FaultyMethod = 'create' | 'save' | 'flush' | 'load' | 'stat' | 'list' | 'remove' | 'removeLeftovers'

/** Faults by chance: each call of a listed method meets one of its faults with this probability, from 0 to 1. */
export interface FaultOdds {
  readonly probability: number
  readonly faults: Partial<Record<FaultyMethod, readonly Fault[]>>
}

/**
 * Puts faults before any backend: those that were queued for a method first, in order, then by chance. The disk can be full
 * after a number of bytes, until `addSpace`. Object lock passes through without faults.
 */
export class FaultyBackend implements Backend {
  /** Every fault that struck, in order. */
  readonly struck: { readonly method: FaultyMethod; readonly kind: Fault['kind'] | 'no-space' }[] = []
  readonly #inner: Backend
  readonly #context: Context
  readonly #queues = new Map<FaultyMethod, Fault[]>()
  #odds: FaultOdds = { probability: 0, faults: {} }
  #roomBytes = Number.POSITIVE_INFINITY

  constructor(inner: Backend, context: Context) {
    this.#inner = inner
    this.#context = context
  }

  get location(): string {
    return this.#inner.location
  }

  get abilities(): BackendAbilities {
    return this.#inner.abilities
  }

  get objectLock(): ObjectLock | undefined {
    return this.#inner.objectLock
  }

  /** The next calls of `method` meet these faults, one each. */
  queue(method: FaultyMethod, ...faults: readonly Fault[]): void {
    this.#queues.set(method, [...(this.#queues.get(method) ?? []), ...faults])
  }

  setOdds(odds: FaultOdds): void {
    this.#odds = odds
  }

  /** Saves fail with `storage.no-space` once they have used up this many bytes. */
  limitSpace(roomBytes: number): void {
    this.#roomBytes = roomBytes
  }

  addSpace(bytes: number): void {
    this.#roomBytes += bytes
  }

  create(signal: AbortSignal): Promise<void> {
    return this.#call('create', signal, () => this.#inner.create(signal))
  }

  save(file: FileHandle, body: readonly Uint8Array[], options: SaveOptions, signal: AbortSignal): Promise<SaveResult> {
    return this.#call('save', signal, async () => {
      const sizeBytes = bodySizeBytes(body)
      if (sizeBytes > this.#roomBytes) {
        this.struck.push({ method: 'save', kind: 'no-space' })
        throw new CoffreError('storage.no-space', `cannot save ${sizeBytes} bytes: no space left on the device`)
      }
      const result = await this.#inner.save(file, body, options, signal)
      this.#roomBytes -= sizeBytes
      return result
    })
  }

  flush(signal: AbortSignal): Promise<void> {
    return this.#call('flush', signal, () => this.#inner.flush(signal))
  }

  async load(file: FileHandle, range: ByteRange | undefined, signal: AbortSignal, target?: Uint8Array): Promise<Uint8Array> {
    const fault = this.#nextFault('load')
    await this.#before(fault, signal)
    const bytes = await this.#inner.load(file, range, signal, target)
    if (fault?.kind === 'lost-acknowledgement') throw unavailable('the connection was reset before the answer came')
    if (fault?.kind === 'truncated')
      throw new CoffreError('storage.truncated', `the answer ended after ${bytes.byteLength >> 1} bytes`)
    if (fault?.kind === 'reset') {
      bytes.fill(0, bytes.byteLength >> 1)
      throw unavailable('the connection was reset')
    }
    if (fault?.kind === 'bit-flip') flipBit(bytes, this.#context.random)
    return bytes
  }

  stat(file: FileHandle, signal: AbortSignal): Promise<FileInfo | undefined> {
    return this.#call('stat', signal, () => this.#inner.stat(file, signal))
  }

  async *list(type: FileType, signal: AbortSignal, below?: string): AsyncGenerator<FileInfo> {
    const fault = this.#nextFault('list')
    await this.#before(fault, signal)
    const files = await Array.fromAsync(this.#inner.list(type, signal, below))
    const chosen = this.#context.random.integer(Math.max(1, files.length))
    if (fault?.kind === 'missing-entry') files.splice(chosen, 1)
    if (fault?.kind === 'repeated-entry') files.push(...files.slice(chosen, chosen + 1))
    if (fault?.kind === 'reset') files.splice(files.length >> 1)
    yield* files
    if (fault?.kind === 'reset' || fault?.kind === 'lost-acknowledgement') throw unavailable('the connection was reset')
  }

  remove(file: FileHandle, signal: AbortSignal): Promise<void> {
    return this.#call('remove', signal, () => this.#inner.remove(file, signal))
  }

  removeLeftovers(olderThanMs: number, signal: AbortSignal): Promise<number> {
    return this.#call('removeLeftovers', signal, () => this.#inner.removeLeftovers(olderThanMs, signal))
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#inner[Symbol.asyncDispose]()
  }

  async #call<Result>(method: FaultyMethod, signal: AbortSignal, perform: () => Promise<Result>): Promise<Result> {
    const fault = this.#nextFault(method)
    await this.#before(fault, signal)
    if (fault?.kind === 'reset') throw unavailable('the connection was reset')
    const result = await perform()
    if (fault?.kind === 'lost-acknowledgement') throw unavailable('the connection was reset before the answer came')
    return result
  }

  /** The part of a fault that comes before the call itself. */
  async #before(fault: Fault | undefined, signal: AbortSignal): Promise<void> {
    if (fault?.kind === 'slow') await this.#context.clock.sleep(fault.delayMs, signal)
    if (fault?.kind === 'unavailable') throw unavailable('the store answers 503')
    if (fault?.kind === 'error') throw fault.error
  }

  #nextFault(method: FaultyMethod): Fault | undefined {
    const fault = this.#queues.get(method)?.shift() ?? this.#faultByChance(method)
    if (fault !== undefined) this.struck.push({ method, kind: fault.kind })
    return fault
  }

  #faultByChance(method: FaultyMethod): Fault | undefined {
    const faults = this.#odds.faults[method] ?? []
    if (faults.length === 0 || this.#context.random.integer(2 ** 30) >= this.#odds.probability * 2 ** 30) return undefined
    return faults[this.#context.random.integer(faults.length)]
  }
}

function unavailable(words: string): CoffreError {
  return new CoffreError('storage.unavailable', words)
}

function flipBit(bytes: Uint8Array, random: Random): void {
  if (bytes.byteLength === 0) return
  const at = random.integer(bytes.byteLength)
  bytes[at] = (bytes[at] ?? 0) ^ (1 << random.integer(8))
}
