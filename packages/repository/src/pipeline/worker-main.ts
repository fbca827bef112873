import { randomInt } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { parentPort } from 'node:worker_threads'
import { openPrimitives } from '../crypto/open-primitives.ts'
import type { MasterKey } from '../crypto/sealer.ts'
import { BlobIndex, type BlobIndexMemory } from '../index/blob-index.ts'
import { openLocalFiles } from '../local/open-local-files.ts'
import type { Job } from './jobs.ts'
import type { Kernel } from './kernel.ts'
import { newKernel, type WriteOptions } from './new-kernel.ts'
import { SlotPool, type SlotPoolMemory } from './pack-slots.ts'
import { endOfPool, endOfWork, type FromWorker, plainError } from './worker-messages.ts'

/** The first message to a worker thread, and to one that is used again the first of each pool; all others are jobs. */
export interface WorkerSetup {
  readonly key: MasterKey
  readonly options: WriteOptions
  readonly index: BlobIndexMemory
  readonly slots: SlotPoolMemory
}

const port = parentPort
if (port === null) throw new Error('this file runs as a worker thread')

const primitives = openPrimitives()
const files = openLocalFiles()
const send = (message: FromWorker): void => port.postMessage(message)

/**
 * What a pool has given a thread lies outside of V8's heap, dozens of megabytes that V8 does not see filling up: a thread that is kept
 * would hold on to that of hundreds of pools. To collect costs about as much as a small job, hence not after each.
 */
const poolsPerCollection = 8
let pools = 0
let kernel: Kernel | undefined

port.on('message', (message: WorkerSetup | Job | typeof endOfPool | typeof endOfWork) => {
  if (message === endOfWork) end()
  else if (message === endOfPool) {
    kernel = undefined
    if (++pools % poolsPerCollection === 0) collectGarbage()
    send({ kind: 'cleared' })
  } else if ('key' in message) kernel = kernelFor(message)
  else run(message)
})

function run(job: Job): void {
  try {
    if (kernel === undefined) throw new Error('a job comes after the setup')
    send({ kind: 'result', result: kernel.run(job) })
  } catch (error) {
    send({ kind: 'error', error: plainError(error) })
  }
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
}

/** By itself, as a thread that is terminated leaves behind what is not V8's. */
function end(): void {
  primitives.release()
  port?.close()
}

function kernelFor({ key, options, index, slots }: WorkerSetup): Kernel {
  return newKernel(
    key,
    options,
    primitives,
    new BlobIndex(index),
    new SlotPool(slots, primitives),
    files,
    (below) => randomInt(below),
    (pack) => {
      const { slot, ...rest } = pack
      send({ kind: 'pack', pack: { ...rest, slotNumber: slot.number, memory: slot.memory } })
    },
  )
}
