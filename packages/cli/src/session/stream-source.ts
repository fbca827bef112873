import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { CoffreError, interruption } from '@coffre/foundation'
import type { ContentSource } from '@coffre/repository'

/** Reads a stream of Node's in the pieces that are asked for. */
export class StreamSource implements ContentSource {
  readonly #chunks: AsyncIterator<Buffer>
  #rest: Buffer = Buffer.alloc(0)
  readonly #signal: AbortSignal

  constructor(stream: Readable, signal: AbortSignal) {
    this.#chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>
    this.#signal = signal
    // A read that waits for its writer would otherwise wait for ever.
    signal.addEventListener('abort', () => stream.destroy(), { once: true })
  }

  async read(target: Buffer): Promise<number> {
    while (this.#rest.length === 0) {
      const next = await this.#next()
      if (next === undefined) return 0
      this.#rest = next
    }
    const taken = this.#rest.copy(target)
    this.#rest = this.#rest.subarray(taken)
    return taken
  }

  async #next(): Promise<Buffer | undefined> {
    try {
      const { value, done } = await this.#chunks.next()
      if (this.#signal.aborted) throw interruption(this.#signal)
      return done === true ? undefined : value
    } catch (error) {
      if (this.#signal.aborted) throw interruption(this.#signal)
      throw error
    }
  }
}

/** What a program prints. `ended` rejects unless it ends well: what it printed until then is not to be trusted. */
export function commandSource(
  [program, ...args]: readonly [string, ...string[]],
  signal: AbortSignal,
): { readonly source: ContentSource; readonly ended: Promise<void> } {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const stop = (): void => void child.kill()
  signal.addEventListener('abort', stop, { once: true })
  const ended = once(child, 'close')
    .then(([code, killedBy]) => {
      if (code === 0) return
      throw commandFailed(program, code === null ? `was ended by ${killedBy}` : `ended with exit code ${code}`)
    })
    .catch((error: unknown) => {
      if (signal.aborted) throw interruption(signal)
      throw error instanceof CoffreError
        ? error
        : commandFailed(program, error instanceof Error ? error.message : String(error), error)
    })
    .finally(() => signal.removeEventListener('abort', stop))
  // Whoever awaits `ended` hears of the failure; until then it must not count as unhandled.
  ended.catch(() => undefined)
  return { source: new StreamSource(child.stdout, signal), ended }
}

function commandFailed(program: string, problem: string, cause?: unknown): CoffreError {
  return new CoffreError('source.command', `the command ${program} ${problem}`, {
    hint: 'No snapshot was made. Its own messages are above.',
    ...(cause === undefined ? {} : { cause }),
  })
}
