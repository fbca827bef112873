import { setFlagsFromString } from 'node:v8'
import { Worker } from 'node:worker_threads'
import { endOfWork } from './worker-messages.ts'

/** Nearly all that workers handle lies outside of their heaps, so that a small young generation costs them nothing. */
const workerFlags = '--max-semi-space-size=2'

/**
 * Where pools get their threads from. A thread takes a tenth of a second to load its modules: whoever knows that it will be needed
 * has it started ahead, while the calling thread waits for a password or a disk.
 */
export class WorkerThreads implements AsyncDisposable {
  readonly #idle = new Set<Worker>()

  /** Starts threads until so many are idle. They keep no process alive. */
  warm(count: number): void {
    while (this.#idle.size < count) {
      const worker = startWorker()
      worker.unref()
      // One that fails to start is forgotten; the next one to start says why, to somebody who listens.
      worker.on('error', () => this.#idle.delete(worker))
      this.#idle.add(worker)
    }
  }

  /** A thread that waits for its setup. It belongs to the caller. */
  take(): Worker {
    const [worker] = this.#idle
    if (worker === undefined) return startWorker()
    this.#idle.delete(worker)
    worker.removeAllListeners('error')
    worker.ref()
    return worker
  }

  /** Ends the threads that nobody took. */
  async [Symbol.asyncDispose](): Promise<void> {
    const unused = [...this.#idle]
    this.#idle.clear()
    await Promise.all(unused.map(endWorker))
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

function startWorker(): Worker {
  // The flags hold for heaps that are made from now on, hence not for the calling thread's.
  setFlagsFromString(workerFlags)
  return new Worker(new URL('./worker-main.ts', import.meta.url))
}
