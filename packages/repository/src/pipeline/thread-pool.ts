import type { Worker } from 'node:worker_threads'
import { CoffreError, interruption } from '@coffre/foundation'
import type { BlobIndex } from '../index/blob-index.ts'
import type { ComputePool, PackReceiver } from './compute-pool.ts'
import type { Job, PackMessage, ResultOf } from './jobs.ts'
import type { SlotPool } from './pack-slots.ts'
import type { WorkerSetup } from './worker-main.ts'
import { errorFrom, type FromWorker } from './worker-messages.ts'
import { endWorker, type WorkerThreads } from './worker-threads.ts'

interface Pending {
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
}

interface Thread {
  readonly worker: Worker
  /** Jobs sent and not yet answered, in order. */
  readonly pending: Pending[]
  jobs: number
}

/** One job runs, one waits in the thread, so that it never idles for a message. */
const jobsPerThread = 2
/**
 * A thread that did more than a little is not used again: what it has allocated goes with it, and starting another one costs nothing
 * beside that work.
 */
const jobsOfReusedMax = 16

/** Worker threads, each with a kernel; started at once, ended or given back by dispose. */
export class ThreadPool implements ComputePool {
  readonly width: number
  readonly #threads: Thread[]
  readonly #source: WorkerThreads
  readonly #slots: SlotPool
  readonly #receiver: PackReceiver
  readonly #index: BlobIndex
  readonly #waiting: (() => void)[] = []
  #failure: unknown

  constructor(
    width: number,
    threads: WorkerThreads,
    setup: WorkerSetup,
    slots: SlotPool,
    receiver: PackReceiver,
    index: BlobIndex,
  ) {
    this.width = width
    this.#source = threads
    this.#slots = slots
    this.#receiver = receiver
    this.#index = index
    this.#threads = Array.from({ length: width }, () => this.#start(setup))
  }

  async ready(signal: AbortSignal): Promise<void> {
    const wake = (): void => this.#wake()
    while (this.#leastBusy().pending.length >= jobsPerThread) {
      if (signal.aborted) throw interruption(signal)
      if (this.#failure !== undefined) throw this.#failure
      signal.addEventListener('abort', wake, { once: true })
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
      signal.removeEventListener('abort', wake)
    }
  }

  async run<J extends Job>(job: J, signal: AbortSignal): Promise<ResultOf<J>> {
    await this.ready(signal)
    return (await this.#send(this.#leastBusy(), job)) as ResultOf<J>
  }

  async runAtOnce<J extends Job>(job: J, signal: AbortSignal): Promise<ResultOf<J>> {
    if (signal.aborted) throw interruption(signal)
    return (await this.#send(this.#leastBusy(), job)) as ResultOf<J>
  }

  async finish(signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw interruption(signal)
    await Promise.all(this.#threads.map((thread) => this.#send(thread, { kind: 'finish' })))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#slots.stop()
    this.#fail(new CoffreError('interrupted', 'the work was stopped'))
    await Promise.all(
      this.#threads.map(({ worker, jobs }) => (jobs > jobsOfReusedMax ? endWorker(worker) : this.#source.giveBack(worker))),
    )
    this.#index.breakLock()
  }

  #start(setup: WorkerSetup): Thread {
    const worker = this.#source.take()
    worker.postMessage(setup)
    const thread: Thread = { worker, pending: [], jobs: 0 }
    worker.on('message', (message: FromWorker) => this.#receive(thread, message))
    worker.on('error', (error) => this.#fail(error))
    worker.on('exit', (code) => this.#fail(new CoffreError('internal', `a worker thread ended with code ${code}`)))
    return thread
  }

  #send(thread: Thread, job: Job): Promise<unknown> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    return new Promise((resolve, reject) => {
      thread.pending.push({ resolve, reject })
      thread.jobs++
      thread.worker.postMessage(job)
    })
  }

  #receive(thread: Thread, message: FromWorker): void {
    if (message.kind === 'cleared') return
    if (message.kind === 'pack') {
      this.#receiver.receive(this.#unpack(message.pack))
      return
    }
    const pending = thread.pending.shift()
    if (message.kind === 'result') pending?.resolve(message.result)
    else pending?.reject(errorFrom(message.error))
    this.#wake()
  }

  #unpack(message: PackMessage) {
    const { slotNumber, memory, ...rest } = message
    return { ...rest, header: Buffer.from(message.header), slot: this.#slots.adopt(slotNumber, memory) }
  }

  #leastBusy(): Thread {
    let best = this.#threads[0]
    for (const thread of this.#threads) if (best === undefined || thread.pending.length < best.pending.length) best = thread
    if (best === undefined) throw new Error('a thread pool has at least one thread')
    return best
  }

  #fail(error: unknown): void {
    this.#failure ??= error
    for (const thread of this.#threads) for (const pending of thread.pending.splice(0)) pending.reject(this.#failure)
    this.#wake()
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
