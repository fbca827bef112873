import { CoffreError, throwIfAborted } from '@coffre/foundation'
import type { ContentLoader } from '../dump/content-loader.ts'
import type { DumpItem } from '../dump/dump-items.ts'
import type { Id } from '../format/node.ts'
import type { RepositoryIndex } from '../index/repository-index.ts'
import { printablePath } from '../local/printable-path.ts'

/** So much content is loaded at a time; a large one has a second window on its way. */
export const contentWindowBytes = 8 * 1024 * 1024
const windowBlobs = 4096

type Contents = ReadonlyMap<Id, Buffer>

/**
 * The contents of some neighbouring items. Nothing is loaded before it is read; but who reads one content after the other is given
 * those that follow along with the one that he asks for.
 */
export class GroupContents {
  readonly #items: readonly DumpItem[]
  readonly #index: RepositoryIndex
  readonly #loader: ContentLoader
  readonly #signal: AbortSignal
  /** The file before the first one of the group was read, or there was none to read. */
  readonly #isSequential: boolean
  #lastRead = -1
  #loaded: Contents = new Map()

  constructor(
    items: readonly DumpItem[],
    index: RepositoryIndex,
    loader: ContentLoader,
    isSequential: boolean,
    signal: AbortSignal,
  ) {
    this.#items = items
    this.#index = index
    this.#loader = loader
    this.#isSequential = isSequential
    this.#signal = signal
  }

  /** Whether the last file was read; without any file, as it was before. */
  get wasReadToEnd(): boolean {
    const last = this.#fileBefore(this.#items.length)
    return last < 0 ? this.#isSequential : this.#lastRead === last
  }

  /** The content of a file, in chunks that the reader must not change. `repository.damaged` when it is not as long as it should be. */
  async *read(at: number): AsyncGenerator<Uint8Array> {
    const before = this.#fileBefore(at)
    const isNext = before < 0 ? this.#isSequential : this.#lastRead === before
    this.#lastRead = at
    const item = this.#items[at]
    const ids = item?.node.content ?? []
    let bytes = 0
    const windows = this.#windows(ids)
    let next = this.#load(windows[0] ?? [], windows.length === 1 && isNext ? at : undefined)
    for (const [number, window] of windows.entries()) {
      const contents = await next
      if (number + 1 < windows.length) {
        next = this.#load(windows[number + 1] ?? [], undefined)
        // Its failure is met when it is awaited; the chunks in hand come first.
        next.catch(() => undefined)
      }
      for (const id of window) {
        throwIfAborted(this.#signal)
        const chunk = contents.get(id) ?? Buffer.alloc(0)
        bytes += chunk.length
        yield chunk
      }
    }
    const expected = Number(item?.node.size ?? 0)
    if (bytes === expected) return
    throw new CoffreError(
      'repository.damaged',
      `the content of "${printablePath(item?.path ?? '')}" has ${bytes} bytes where the tree says ${expected}`,
    )
  }

  /** Loads a window unless it is there, and with it what follows file `followedBy`, as much as a window holds. */
  async #load(window: readonly Id[], followedBy: number | undefined): Promise<Contents> {
    if (window.every((id) => this.#loaded.has(id))) return this.#loaded
    const wanted = followedBy === undefined ? window : this.#withFollowing(window, followedBy)
    this.#loaded = await this.#loader.load(wanted, this.#loaded, this.#signal)
    return this.#loaded
  }

  #withFollowing(window: readonly Id[], at: number): Id[] {
    const wanted = [...window]
    let bytes = window.reduce((sum, id) => sum + this.#bytesOf(id), 0)
    for (const { node } of this.#items.slice(at + 1)) {
      bytes += Number(node.type === 'file' ? (node.size ?? 0) : 0)
      if (bytes > contentWindowBytes) break
      wanted.push(...(node.content ?? []))
    }
    return wanted
  }

  #windows(ids: readonly Id[]): Id[][] {
    const windows: Id[][] = []
    let bytes = Number.POSITIVE_INFINITY
    for (const id of ids) {
      const blobBytes = this.#bytesOf(id)
      bytes += blobBytes
      const last = windows.at(-1)
      if (last !== undefined && bytes <= contentWindowBytes && last.length < windowBlobs) last.push(id)
      else {
        windows.push([id])
        bytes = blobBytes
      }
    }
    return windows
  }

  #bytesOf(id: Id): number {
    return this.#index.contentBytes(id, false) ?? 0
  }

  /** The last file before a place, or -1. */
  #fileBefore(at: number): number {
    return this.#items.slice(0, at).findLastIndex(({ node }) => node.type === 'file')
  }
}
