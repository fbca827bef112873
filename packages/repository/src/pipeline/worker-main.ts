import { randomInt } from 'node:crypto'
import { parentPort, workerData } from 'node:worker_threads'
import { openPrimitives } from '../crypto/open-primitives.ts'
import type { MasterKey } from '../crypto/sealer.ts'
import { BlobIndex, type BlobIndexMemory } from '../index/blob-index.ts'
import { openLocalFiles } from '../local/open-local-files.ts'
import type { Job } from './jobs.ts'
import { newKernel, type WriteOptions } from './new-kernel.ts'
import { SlotPool, type SlotPoolMemory } from './pack-slots.ts'
import { type FromWorker, plainError } from './worker-messages.ts'

/** What a worker thread is started with. */
export interface WorkerSetup {
  readonly key: MasterKey
  readonly options: WriteOptions
  readonly index: BlobIndexMemory
  readonly slots: SlotPoolMemory
}

const port = parentPort
if (port === null) throw new Error('this file runs as a worker thread')

const setup = workerData as WorkerSetup
const primitives = openPrimitives()
const send = (message: FromWorker): void => port.postMessage(message)
const kernel = newKernel(
  setup.key,
  setup.options,
  primitives,
  new BlobIndex(setup.index),
  new SlotPool(setup.slots, primitives),
  openLocalFiles(),
  (below) => randomInt(below),
  (pack) => {
    const { slot, ...rest } = pack
    send({ kind: 'pack', pack: { ...rest, slotNumber: slot.number, memory: slot.memory } })
  },
)

port.on('message', (job: Job) => {
  try {
    send({ kind: 'result', result: kernel.run(job) })
  } catch (error) {
    send({ kind: 'error', error: plainError(error) })
  }
})
