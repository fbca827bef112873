import { CoffreError, interruption, throwIfAborted } from '@coffre/foundation'
import {
  type Backend,
  type BackendAbilities,
  type ByteRange,
  concatenate,
  type FileHandle,
  type FileInfo,
  type FileType,
  fileAt,
  pathOf,
  type SaveOptions,
  type SaveResult,
  type StoredFiles,
} from '@coffre/storage'
import type { Actor, World } from './world.ts'

/** Told of every change, at the moment it takes place. */
export interface StoreObserver {
  saved(path: string, bytes: Uint8Array, by: Actor): void
  removed(path: string, by: Actor): void
}

/** A client gives a request up after so long; one that is on its way then may still arrive. */
const requestTimeoutMs = 60_000
const pageNames = 3

/** The one storage of a world. Each change takes place at one moment; only listings take longer, page by page. */
export class SharedStore {
  readonly #files: Map<string, Uint8Array>
  readonly #observer: StoreObserver

  constructor(files: StoredFiles, observer: StoreObserver) {
    this.#files = new Map(files)
    this.#observer = observer
  }

  files(): StoredFiles {
    return this.#files
  }

  read(path: string): Uint8Array | undefined {
    return this.#files.get(path)
  }

  save(path: string, bytes: Uint8Array, ifAbsent: boolean, by: Actor): boolean {
    if (ifAbsent && this.#files.has(path)) return false
    this.#files.set(path, bytes)
    this.#observer.saved(path, bytes, by)
    return true
  }

  remove(path: string, by: Actor): void {
    if (this.#files.delete(path)) this.#observer.removed(path, by)
  }

  /** The next names after `cursor`, in their order, as they are at this moment. */
  page(type: FileType, cursor: string): FileInfo[] {
    const infos: FileInfo[] = []
    for (const [path, bytes] of this.#files) {
      const file = fileAt(type, path)
      if (file !== undefined && file.name > cursor) infos.push({ ...file, sizeBytes: bytes.byteLength })
    }
    return infos.sort((a, b) => (a.name < b.name ? -1 : 1)).slice(0, pageNames)
  }
}

/** What requests of one actor meet on their way: once in so many, each. 0 for never. */
export interface Weather {
  /** How long a request or an answer takes at most, if nothing strikes it. */
  readonly usualMs: number
  readonly slowOneIn: number
  readonly stuckOneIn: number
  readonly lostOneIn: number
  readonly refusedOneIn: number
  readonly repeatedOneIn: number
}

/** The store as one actor reaches it: over a network that is slow, loses answers, and delivers what nobody waits for any more. */
export class RemoteBackend implements Backend {
  readonly location = 'the shared store'
  readonly abilities: BackendAbilities = { conditionalCreate: true, objectLock: false }
  readonly objectLock = undefined
  readonly #world: World
  readonly #store: SharedStore
  readonly #actor: Actor
  readonly #weather: Weather

  constructor(world: World, store: SharedStore, actor: Actor, weather: Weather) {
    this.#world = world
    this.#store = store
    this.#actor = actor
    this.#weather = weather
  }

  async create(signal: AbortSignal): Promise<void> {
    throwIfAborted(signal)
  }

  async save(file: FileHandle, body: readonly Uint8Array[], options: SaveOptions, signal: AbortSignal): Promise<SaveResult> {
    const path = pathOf(file)
    const bytes = concatenate(body)
    const isSaved = await this.#request(`save ${short(path)}`, signal, () =>
      this.#store.save(path, bytes, options.ifAbsent === true, this.#actor),
    )
    if (!isSaved) throw new CoffreError('storage.exists', `${path} is there already`)
    return {}
  }

  async flush(signal: AbortSignal): Promise<void> {
    throwIfAborted(signal)
  }

  async load(file: FileHandle, range: ByteRange | undefined, signal: AbortSignal, target?: Uint8Array): Promise<Uint8Array> {
    const path = pathOf(file)
    const bytes = await this.#request(`load ${short(path)}`, signal, () => this.#store.read(path))
    if (bytes === undefined) throw new CoffreError('storage.missing', `${path} is not there`)
    const { offset, length } = range ?? { offset: 0, length: bytes.byteLength }
    const part = bytes.slice(offset, offset + length)
    if (part.byteLength < length) throw new CoffreError('storage.truncated', `${path} ends too early`)
    if (target === undefined) return part
    target.set(part)
    return target.subarray(0, length)
  }

  async stat(file: FileHandle, signal: AbortSignal): Promise<FileInfo | undefined> {
    const bytes = await this.#request(`stat ${short(pathOf(file))}`, signal, () => this.#store.read(pathOf(file)))
    return bytes && { ...file, sizeBytes: bytes.byteLength }
  }

  /** Each page is as the store is when its request arrives: what is replaced meanwhile may be missed, what came is seen or not. */
  async *list(type: FileType, signal: AbortSignal): AsyncGenerator<FileInfo> {
    for (let cursor = ''; ; ) {
      const from = cursor
      const page = await this.#request(`list ${type} after ${from.slice(0, 4)}`, signal, () => this.#store.page(type, from))
      yield* page
      if (page.length < pageNames) return
      const last = page.at(-1)
      if (last === undefined) return
      if (this.#strikes(this.#weather.repeatedOneIn)) yield last
      cursor = last.name
    }
  }

  async remove(file: FileHandle, signal: AbortSignal): Promise<void> {
    const path = pathOf(file)
    await this.#request(`remove ${short(path)}`, signal, () => this.#store.remove(path, this.#actor))
  }

  async removeLeftovers(_olderThanMs: number, signal: AbortSignal): Promise<number> {
    throwIfAborted(signal)
    return 0
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #strikes(oneIn: number): boolean {
    return oneIn > 0 && this.#world.chance(oneIn)
  }

  #travelMs(): number {
    const { random } = this.#world
    if (this.#strikes(this.#weather.stuckOneIn)) return random.integer(requestTimeoutMs)
    if (this.#strikes(this.#weather.slowOneIn)) return random.integer(4000)
    return 1 + random.integer(this.#weather.usualMs)
  }

  /** `perform` takes place when the request arrives; the caller hears of it later, of something else, or of nothing but a timeout. */
  async #request<Answer>(what: string, signal: AbortSignal, perform: () => Answer): Promise<Answer> {
    throwIfAborted(signal)
    const world = this.#world
    const actor = this.#actor
    const isRefused = this.#strikes(this.#weather.refusedOneIn)
    const isLost = this.#strikes(this.#weather.lostOneIn)
    const [thereMs, backMs] = [this.#travelMs(), this.#travelMs()]
    return await new Promise<Answer>((resolve, reject) => {
      let isOpen = true
      const settle = (action: () => void): void => {
        if (!isOpen) return
        isOpen = false
        stopListening()
        action()
      }
      const stopListening = world.listen(signal, () => settle(() => reject(interruption(signal))))
      const fail = (words: string): void => settle(() => reject(new CoffreError('storage.unavailable', `${what}: ${words}`)))
      world.after(thereMs, undefined, () => {
        if (isRefused) {
          world.after(backMs, actor, () => fail('the store answers 503'))
          return
        }
        const answer = perform()
        world.say(actor.name, isLost ? `${what} (answer lost)` : what)
        world.after(backMs, actor, () => (isLost ? fail('the connection was reset') : settle(() => resolve(answer))))
      })
      world.after(requestTimeoutMs, actor, () => fail('timed out'))
    })
  }
}

function short(path: string): string {
  const slash = path.lastIndexOf('/')
  return `${path.slice(0, Math.max(0, path.indexOf('/')))}/${path.slice(slash + 1, slash + 9)}`
}
