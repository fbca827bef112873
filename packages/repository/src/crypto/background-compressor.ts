import { promisify } from 'node:util'
import { constants, zstdCompress } from 'node:zlib'
import koffi from 'koffi'
import { openPrimitives } from './open-primitives.ts'

/**
 * zstd on threads beside this one, into memory that the caller keeps: nothing is allocated for a call, where Node's own function leaves
 * its output's whole capacity to the garbage collector. Several calls may run at the same time.
 */
export interface BackgroundCompressor {
  /** The length of the result, or 0 when it does not fit into `target`. Both are of at least a page, and left alone until it resolves. */
  compress(target: Buffer, source: Buffer, level: number): Promise<number>
  /** To be called when no call is under way. */
  release(): void
}

export function openBackgroundCompressor(): BackgroundCompressor {
  return openPrimitives().kind === 'native' ? new NativeCompressor() : portable
}

const compressPortably = promisify(zstdCompress)

const portable: BackgroundCompressor = {
  async compress(target, source, level) {
    const packed = await compressPortably(source, {
      chunkSize: source.length + (source.length >> 8) + 1024,
      pledgedSrcSize: source.length,
      params: { [constants.ZSTD_c_compressionLevel]: level },
    })
    return packed.length <= target.length ? packed.copy(target) : 0
  },
  release: () => undefined,
}

type Callback = (error: Error | null, result: number) => void
type Call = ((...args: readonly number[]) => number) & { readonly async: (...args: readonly (number | Callback)[]) => void }

class NativeCompressor implements BackgroundCompressor {
  readonly #library = bindLibrary()
  /** A context serves one call at a time, and is kept for the next one. */
  readonly #free: number[] = []

  async compress(target: Buffer, source: Buffer, level: number): Promise<number> {
    const context = this.#free.pop() ?? this.#library.createCompressor()
    if (context === 0) throw new Error('there is no memory for a zstd context')
    const { promise, resolve, reject } = Promise.withResolvers<number>()
    const answer: Callback = (error, size) => (error === null ? resolve(size) : reject(error))
    this.#library.compress.async(context, addressOf(target), target.length, addressOf(source), source.length, level, answer)
    const size = await promise
    this.#free.push(context)
    // Both must live until here: the thread writes to addresses, which keep nothing alive.
    return size > target.length || source.length === 0 ? 0 : size
  }

  release(): void {
    for (const context of this.#free.splice(0)) this.#library.freeCompressor(context)
  }
}

function bindLibrary() {
  const self = koffi.load(null)
  const address = 'uintptr_t'
  const bind = (name: string, result: string, ...args: string[]): Call => self.func(name, result, args) as unknown as Call
  return {
    createCompressor: bind('ZSTD_createCCtx', address),
    freeCompressor: bind('ZSTD_freeCCtx', 'size_t', address),
    compress: bind('ZSTD_compressCCtx', 'size_t', address, address, 'size_t', address, 'size_t', 'int'),
  }
}

function addressOf(memory: Buffer): number {
  return Number(koffi.address(memory))
}
