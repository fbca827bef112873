import type { BlobIndex } from '../index/blob-index.ts'
import type { ComputePool, PackReceiver } from '../pipeline/compute-pool.ts'
import { InlinePool } from '../pipeline/inline-pool.ts'
import { newKernel, type WriteOptions } from '../pipeline/new-kernel.ts'
import type { FinishedPack } from '../pipeline/pack-assembler.ts'
import { GrowingSlots, newSlotPoolMemory, type PackSlots, SlotPool, type SlotPoolMemory } from '../pipeline/pack-slots.ts'
import { ThreadPool } from '../pipeline/thread-pool.ts'
import { WorkerThreads } from '../pipeline/worker-threads.ts'
import type { Repository } from './repository.ts'

const readOnly: WriteOptions = {
  level: undefined,
  canCompress: false,
  verification: 'trees',
  contentCut: { kind: 'gear', secret: new Uint8Array(32) },
  openDataPacks: 1,
}

const receivesNothing: PackReceiver = {
  receive() {
    throw new Error('a pool for reading makes no packs')
  },
}

/** A pool for jobs that only read: extract, verify, compare. */
export function newReadPool(repository: Repository, index: BlobIndex): ComputePool {
  const { primitives } = repository.workbench
  if (repository.context.workers === 0) {
    const slots = new GrowingSlots(4096, primitives)
    return newInlinePool(
      repository,
      index,
      readOnly,
      slots,
      (pack) => receivesNothing.receive(pack),
      () => Promise.resolve(),
    )
  }
  const memory = newSlotPoolMemory(0, 4096)
  const { workers } = repository.context
  return newThreadPool(repository, workers, index, readOnly, memory, new SlotPool(memory, primitives), receivesNothing)
}

export function newThreadPool(
  repository: Repository,
  workers: number,
  index: BlobIndex,
  options: WriteOptions,
  memory: SlotPoolMemory,
  slots: SlotPool,
  receiver: PackReceiver,
): ComputePool {
  const { level, canCompress, verification, contentCut, openDataPacks } = options
  const plain = { level, canCompress, verification, contentCut, openDataPacks }
  const setup = { key: repository.masterKey, options: plain, index: index.memory, slots: memory }
  const { threads = new WorkerThreads() } = repository.context
  return new ThreadPool(workers, threads, setup, slots, receiver, index)
}

export function newInlinePool(
  repository: Repository,
  index: BlobIndex,
  options: WriteOptions,
  slots: PackSlots,
  receive: (pack: FinishedPack) => void,
  settled: () => Promise<void>,
): ComputePool {
  const { masterKey, context, workbench } = repository
  const randomInteger = (below: number): number => context.random.integer(below)
  return new InlinePool(
    newKernel(masterKey, options, workbench.primitives, index, slots, context.files, randomInteger, receive),
    settled,
  )
}
