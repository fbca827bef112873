import { throwIfAborted } from '@coffre/foundation'
import type { ComputePool } from './compute-pool.ts'
import type { Job, ResultOf } from './jobs.ts'
import type { Kernel } from './kernel.ts'

/** Executes jobs on the calling thread: for small work, and for tests that replay a scenario thousands of times. */
export class InlinePool implements ComputePool {
  readonly width = 1
  readonly #kernel: Kernel

  constructor(kernel: Kernel) {
    this.#kernel = kernel
  }

  async ready(signal: AbortSignal): Promise<void> {
    throwIfAborted(signal)
  }

  async run<J extends Job>(job: J, signal: AbortSignal): Promise<ResultOf<J>> {
    throwIfAborted(signal)
    return this.#kernel.run(job)
  }

  async finish(signal: AbortSignal): Promise<void> {
    throwIfAborted(signal)
    this.#kernel.run({ kind: 'finish' })
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
