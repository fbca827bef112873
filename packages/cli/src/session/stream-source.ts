import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { PassThrough, type Readable } from 'node:stream'
import { CoffreError, interruption } from '@coffre/foundation'
import type { ContentSource } from '@coffre/repository'
import type { Environment } from '@coffre/storage'

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
  environment: Environment,
  signal: AbortSignal,
): { readonly source: ContentSource; readonly ended: Promise<void> } {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'], env: environment })
  const stop = (): void => void child.kill()
  signal.addEventListener('abort', stop, { once: true })
  const ended = once(child, 'close')
    .then(([code, killedBy]) => {
      if (code === 0) return
      throw commandFailed(program, code === null ? `was ended by ${killedBy}` : `ended with exit code ${code}`)
    })
    .catch((error: unknown) => {
      if (signal.aborted) throw interruption(signal)
      if (error instanceof CoffreError) throw error
      throw commandFailed(program, `cannot be run (${errnoOf(error)})`, error)
    })
    .finally(() => signal.removeEventListener('abort', stop))
  // Whoever awaits `ended` hears of the failure; until then it must not count as unhandled.
  ended.catch(() => undefined)
  // Node throws away what a program has left unread when it ends, unless somebody reads already.
  const output = child.stdout.pipe(new PassThrough())
  child.stdout.on('error', (error) => output.destroy(error))
  return { source: new StreamSource(output, signal), ended }
}

function errnoOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}

function commandFailed(program: string, problem: string, cause?: unknown): CoffreError {
  return new CoffreError('source.command', `the command ${program} ${problem}`, {
    hint: 'No snapshot was made. Its own messages are above.',
    ...(cause === undefined ? {} : { cause }),
  })
}
