import { setFlagsFromString } from 'node:v8'
import { Worker } from 'node:worker_threads'
import type { Clock } from '@coffre/foundation'
import { endOfPool, endOfWork, type FromWorker } from './worker-messages.ts'

/** Threads that a long-lived process keeps for its next pool. */
export interface KeptThreads {
  readonly idleMax: number
  /** A thread that nobody took for so long ends. */
  readonly idleMs: number
  readonly clock: Clock
}

/** Nearly all that workers handle lies outside of their heaps, so that a small young generation costs them nothing. */
const workerFlags = '--max-semi-space-size=2'

/**
 * Where pools get their threads from. A thread takes a tenth of a second of computing to load its modules: whoever knows that it will
 * be needed has it started ahead, while the calling thread waits for a password or a disk; and whoever runs one small job after the
 * other keeps the threads of one for the next.
 */
export class WorkerThreads implements AsyncDisposable {
  readonly #kept: KeptThreads | undefined
  /** Since when each one is idle, the longest first. */
  readonly #idle = new Map<Worker, number>()
  readonly #closed = new AbortController()
  #expiring = Promise.resolve()
  #isExpiring = false

  /** Threads that were used end with their pool, unless they are to be kept. */
  constructor(kept?: KeptThreads) {
    this.#kept = kept
  }

  /** Starts threads until so many are idle. They keep no process alive. */
  warm(count: number): void {
    while (this.#idle.size < count) this.#keep(startWorker())
  }

  /** A thread that waits for its setup. It belongs to the caller. */
  take(): Worker {
    const worker = [...this.#idle.keys()].at(-1)
    if (worker === undefined) return startWorker()
    this.#idle.delete(worker)
    worker.removeAllListeners('error')
    worker.ref()
    return worker
  }

  /** A thread that was taken: ended, or cleared and kept for the next one who takes, behind what it was told to do before. */
  async giveBack(worker: Worker): Promise<void> {
    const isKept = this.#hasRoom() && (await clear(worker)) && this.#hasRoom()
    if (!isKept) return endWorker(worker)
    for (const event of ['message', 'error', 'exit']) worker.removeAllListeners(event)
    this.#keep(worker)
    if (!this.#isExpiring) this.#expiring = this.#expire()
  }

  /** Ends the threads that nobody took. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort()
    const unused = [...this.#idle.keys()]
    this.#idle.clear()
    await Promise.all([...unused.map(endWorker), this.#expiring])
  }

  #hasRoom(): boolean {
    return this.#kept !== undefined && this.#idle.size < this.#kept.idleMax && !this.#closed.signal.aborted
  }

  #keep(worker: Worker): void {
    worker.unref()
    // One that fails to start is forgotten; the next one to start says why, to somebody who listens.
    worker.on('error', () => this.#idle.delete(worker))
    this.#idle.set(worker, this.#kept?.clock.monotonicMs() ?? 0)
  }

  /** Ends those that are idle for too long, until none is idle. */
  async #expire(): Promise<void> {
    if (this.#kept === undefined) return
    const { clock, idleMs } = this.#kept
    this.#isExpiring = true
    for (let [first] = this.#idle; first !== undefined; [first] = this.#idle) {
      const [worker, sinceMs] = first
      const leftMs = sinceMs + idleMs - clock.monotonicMs()
      if (leftMs <= 0) {
        this.#idle.delete(worker)
        await endWorker(worker)
      } else if (!(await this.#slept(clock, leftMs))) return
    }
    this.#isExpiring = false
  }

  async #slept(clock: Clock, delayMs: number): Promise<boolean> {
    try {
      await clock.sleep(delayMs, this.#closed.signal)
      return true
    } catch {
      // Closed: whoever closes it ends them all.
      return false
    }
  }
}

/** Lets a thread end behind what it was told to do before, and resolves once it has. */
export async function endWorker(worker: Worker): Promise<void> {
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
  // One that has ended by itself has no exit to come.
  if (worker.threadId === -1) return
  worker.ref()
  worker.postMessage(endOfWork)
  await ended
}

/** Has a thread let go of its pool; false when it ended instead. */
async function clear(worker: Worker): Promise<boolean> {
  const told = Promise.withResolvers<boolean>()
  worker.on('message', ({ kind }: FromWorker) => {
    if (kind === 'cleared') told.resolve(true)
  })
  worker.once('exit', () => told.resolve(false))
  if (worker.threadId === -1) return false
  worker.postMessage(endOfPool)
  return told.promise
}

function startWorker(): Worker {
  // The flags hold for heaps that are made from now on, hence not for the calling thread's.
  setFlagsFromString(workerFlags)
  return new Worker(new URL('./worker-main.ts', import.meta.url))
}
