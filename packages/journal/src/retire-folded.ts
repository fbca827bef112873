import { isCoffreError, throwIfAborted } from '@coffre/foundation'
import { forgetSnapshots, heldAt, loadVaultState, type Repository, recordKnown } from '@coffre/repository'
import type { FileHandle, ObjectLock } from '@coffre/storage'
import { currentPoints, listLogPoints } from './fold/log-point.ts'
import { listTails } from './tail/list-tails.ts'
import type { TailHead } from './tail/tail-header.ts'
import { tailLockMs } from './tail/tail-store.ts'

export interface RetireResult {
  readonly points: number
  readonly tails: number
  /** What a lock or a hold keeps for now. */
  readonly kept: number
}

/** A request that is made while the lease holds for so much longer ends within it. */
const requestMarginMs = 60_000

/**
 * Removes the points that a fold has superseded and the tails through `through`, as `foldJournal` told it; the last one stays, so
 * that the chain goes on from something. `keeper` is the vault with credentials that may remove, and reads around what hides files.
 * What is locked or held stays for a later time. May be interrupted and run again.
 */
export async function retireFolded(
  keeper: Repository,
  stream: string,
  through: TailHead,
  signal: AbortSignal,
): Promise<RetireResult> {
  const points = await listLogPoints(keeper, stream, signal)
  const current = new Set(currentPoints(points).map(({ id }) => id))
  // Points that go further than what was told may not have been read back: what they superseded stays for now.
  const isSure = (epoch: number, day: string): boolean =>
    points.some(
      (point) => current.has(point.id) && point.epoch === epoch && point.day === day && point.tail.number <= through.number,
    )
  const superseded = points.filter(({ id, epoch, day }) => !current.has(id) && isSure(epoch, day)).map(({ id }) => id)
  const state = await loadVaultState(keeper, signal)
  const held = heldAt(state, keeper.context.clock.nowMs())
  const free = superseded.filter((id) => !held.snapshots.has(id))
  await forgetSnapshots(keeper, free, { held }, signal)
  await recordKnown(keeper, { removed: free.map((name) => ({ type: 'snapshot', name })) }, signal)
  const reach = Math.max(0, ...points.map(({ tail }) => tail.number))
  const tails = reach < through.number ? { removed: 0, kept: 0 } : await retireTails(keeper, stream, through.number, signal)
  return { points: free.length, tails: tails.removed, kept: tails.kept + superseded.length - free.length }
}

/**
 * Removes all tails of a stream that nobody writes or needs any more: its points are for the caller. What is locked stays for a later
 * time. May be interrupted and run again.
 */
export async function retireStream(
  keeper: Repository,
  stream: string,
  signal: AbortSignal,
): Promise<Pick<RetireResult, 'tails' | 'kept'>> {
  const { removed, kept } = await retireTails(keeper, stream, Number.POSITIVE_INFINITY, signal)
  return { tails: removed, kept }
}

async function retireTails(keeper: Repository, stream: string, before: number, signal: AbortSignal) {
  const { backend } = keeper
  const files = (await listTails(keeper, stream, signal)).filter(({ number }) => number < before).map(({ file }) => file)
  const locked = backend.objectLock === undefined ? new Set<string>() : await lockedTails(backend.objectLock, stream, signal)
  let removed = 0
  for (const file of files) {
    throwIfAborted(signal)
    keeper.assertHeld(requestMarginMs)
    if (!locked.has(file.name) && (await removeUnlessLocked(keeper, file, signal))) removed++
  }
  await backend.flush(signal)
  return { removed, kept: files.length - removed }
}

/** By their age alone: to ask the store about each would cost more than all the rest. */
async function lockedTails(lock: ObjectLock, stream: string, signal: AbortSignal): Promise<Set<string>> {
  const locked = new Set<string>()
  const nowMs = (await lock.storeTime(signal)).getTime()
  for await (const { name, modified, isMarker } of lock.versions('journal', signal, `${stream}/`)) {
    if (!isMarker && modified.getTime() + tailLockMs > nowMs) locked.add(name)
  }
  return locked
}

async function removeUnlessLocked(keeper: Repository, file: FileHandle, signal: AbortSignal): Promise<boolean> {
  try {
    await keeper.backend.remove(file, signal)
    return true
  } catch (error) {
    if (!isCoffreError(error, 'storage.locked')) throw error
    return false
  }
}
