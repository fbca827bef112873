import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { ByteString } from '@coffre/foundation'
import type { SelectionRules } from './backup-selection.ts'
import type { CountedTotals, CountRequest } from './count-worker.ts'

/** A backup that is over by then needs no totals, and its threads have better to do. */
const startAfterMs = 3000

/**
 * Counts, on a thread of its own, what a backup will find, so that its progress can be told. Begins after a while, tells the totals
 * once they are complete, and never fails: what cannot be read is for the backup to complain about. Ends when it is disposed of.
 */
export function countAhead(
  targets: readonly ByteString[],
  rules: SelectionRules,
  onCounted: (totals: CountedTotals) => void,
): AsyncDisposable {
  let worker: Worker | undefined
  let isEnded = false
  const stop = new Int32Array(new SharedArrayBuffer(4))
  const timer = setTimeout(() => {
    const request: CountRequest = { targets, rules, stop }
    worker = new Worker(new URL('./count-worker.ts', import.meta.url), { workerData: request })
    worker.on('message', onCounted)
    worker.on('error', () => undefined)
    worker.once('exit', () => {
      isEnded = true
    })
    worker.unref()
  }, startAfterMs)
  timer.unref()
  return {
    async [Symbol.asyncDispose]() {
      clearTimeout(timer)
      // It is told, and ends by itself: a thread that is ended in the middle of a call to the system ends the process.
      Atomics.store(stop, 0, 1)
      if (worker === undefined || isEnded) return
      worker.ref()
      await once(worker, 'exit')
    },
  }
}
