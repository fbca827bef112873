import { throwIfAborted } from '@coffre/foundation'
import type { Repository } from '../repository/repository.ts'
import type { Id } from '../format/node.ts'

/** The lease is checked before each batch (rule C4). */
const batchFilesMax = 1000
const removalsAtOnce = 8
/** A batch that begins while the lease holds ends within this time: the requests have time limits of their own. */
const leaseMarginMs = 60_000

/** Removes files; durable when it resolves. Those that are gone already are no error, so it can be run again. */
export async function removeFiles(
  repository: Repository,
  type: 'index' | 'pack' | 'snapshot',
  names: readonly Id[],
  onProgress: ((done: number, total: number) => void) | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (names.length === 0) return
  let done = 0
  for (let at = 0; at < names.length; at += batchFilesMax) {
    repository.context.lease?.assertHeld(leaseMarginMs)
    const batch = names.slice(at, at + batchFilesMax).values()
    const lane = async (): Promise<void> => {
      for (const name of batch) {
        throwIfAborted(signal)
        await repository.backend.remove({ type, name }, signal)
        onProgress?.(++done, names.length)
      }
    }
    await Promise.all(Array.from({ length: removalsAtOnce }, lane))
  }
  await repository.backend.flush(signal)
}
