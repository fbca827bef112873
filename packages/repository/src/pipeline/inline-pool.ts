import { throwIfAborted } from '@coffre/foundation'
import type { ComputePool } from './compute-pool.ts'
import type { Job, ResultOf } from './jobs.ts'
import type { Kernel } from './kernel.ts'

/** Executes jobs on the calling thread: for small work, and for tests that replay a scenario thousands of times. */
export class InlinePool implements ComputePool {
  readonly width = 1
  readonly #kernel: Kernel
  readonly #settled: () => Promise<void>

  /** `settled` resolves when the packs of earlier jobs are stored, which bounds their number. */
  constructor(kernel: Kernel, settled: () => Promise<void>) {
    this.#kernel = kernel
    this.#settled = settled
  }

  async ready(signal: AbortSignal): Promise<void> {
    throwIfAborted(signal)
  }

  async run<J extends Job>(job: J, signal: AbortSignal): Promise<ResultOf<J>> {
    throwIfAborted(signal)
    const result = this.#kernel.run(job)
    await this.#settled()
    return result
  }

  async runAtOnce<J extends Job>(job: J, signal: AbortSignal): Promise<ResultOf<J>> {
    return this.run(job, signal)
  }

  async finish(signal: AbortSignal): Promise<void> {
    throwIfAborted(signal)
    this.#kernel.run({ kind: 'finish' })
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
