import { isCoffreError, throwIfAborted } from '@coffre/foundation'
import type { FileHandle } from '@coffre/storage'
import type { Id } from '../format/node.ts'
import { type Repository, requestMarginMs } from '../repository/repository.ts'

const removalsAtOnce = 8

/**
 * Removes files; durable when it resolves. Those that are gone already are no error, so it can be run again. The lease is checked
 * before each removal (rule C4), which costs nothing: a process that was suspended in between removes nothing any more.
 */
export async function removeFiles(
  repository: Repository,
  type: 'index' | 'pack' | 'snapshot',
  names: readonly Id[],
  onProgress: ((done: number, total: number) => void) | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (names.length === 0) return
  let done = 0
  const waiting = names.values()
  const lane = async (): Promise<void> => {
    for (const name of waiting) {
      throwIfAborted(signal)
      repository.assertHeld(requestMarginMs)
      await removeUnlessLocked(repository, { type, name }, signal)
      onProgress?.(++done, names.length)
    }
  }
  await Promise.all(Array.from({ length: removalsAtOnce }, lane))
  await repository.backend.flush(signal)
}

/**
 * An index of a locked vault may be locked still: it stays. Its lock ends before that of any pack that it names (rule L4), so that
 * no pack which goes now is named by it.
 */
async function removeUnlessLocked(repository: Repository, file: FileHandle, signal: AbortSignal): Promise<void> {
  try {
    await repository.backend.remove(file, signal)
  } catch (error) {
    if (file.type !== 'index' || !isCoffreError(error, 'storage.locked')) throw error
  }
}
