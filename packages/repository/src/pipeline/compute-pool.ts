import type { Job, ResultOf } from './jobs.ts'
import type { FinishedPack } from './pack-assembler.ts'

/**
 * Where jobs are executed. Packs that jobs complete are handed to `PackReceiver`; the order between jobs and packs is not
 * promised, but after `finish` has resolved every pack of every job has been received.
 */
export interface ComputePool extends AsyncDisposable {
  /** How many jobs can run at once. */
  readonly width: number
  /** Resolves when a job given to `run` now would start at once or soon: the place to wait, so that queues stay short. */
  ready(signal: AbortSignal): Promise<void>
  /** Executes the job. Rejects when it fails or the signal is aborted; memory named by the job is free only once this settles. */
  run<J extends Job>(job: J, signal: AbortSignal): Promise<ResultOf<J>>
  /** As `run`, for short jobs that others wait for: does not wait until a thread has little to do. */
  runAtOnce<J extends Job>(job: J, signal: AbortSignal): Promise<ResultOf<J>>
  /** Completes all open packs of all threads. No job may be under way. */
  finish(signal: AbortSignal): Promise<void>
}

/** Takes finished packs. Must give the slot back once the bytes are stored; rejections end the session. */
export interface PackReceiver {
  receive(pack: FinishedPack): void
}
