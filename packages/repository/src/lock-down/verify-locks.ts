import { isCoffreError } from '@coffre/foundation'
import type { DefaultRetention, FileHandle, ObjectLock, Retention } from '@coffre/storage'
import type { Repository } from '../repository/repository.ts'
import type { LockedFile, VaultState } from '../state/vault-state.ts'
import { isAtLeast } from './lock-files.ts'
import { objectLockOf } from './store-time.ts'

/** A file whose lock is not what the ledger says. */
export interface LockFinding {
  readonly file: FileHandle
  /** `gone`: the version is not there any more. `unlocked`: it has no retention. `shorter`: it ends earlier, or is less strict. */
  readonly kind: 'gone' | 'unlocked' | 'shorter'
  readonly expected: Retention
  readonly found: Retention | undefined
}

export interface LockVerification {
  readonly checked: number
  readonly findings: readonly LockFinding[]
  /** Somebody has put a default retention on the bucket: lock files cannot be removed then (rule L4). */
  readonly defaultRetention: DefaultRetention | undefined
}

/**
 * Asks the store about the locks of files whose term has not ended (rule L5): of `sampleMax` of them, drawn at random, or all. The
 * ledger is our memory, the store's answer by version id is the truth.
 */
export async function verifyLocks(
  repository: Repository,
  state: VaultState,
  sampleMax: number,
  signal: AbortSignal,
): Promise<LockVerification> {
  const lock = objectLockOf(repository.backend)
  const nowMs = (await lock.storeTime(signal)).getTime()
  const running = [...state.ledger.values()].filter((entry) => entry.untilMs > nowMs)
  const sample = drawSample(running, sampleMax, (below) => repository.context.random.integer(below))
  const findings: LockFinding[] = []
  for (const entry of sample) {
    const finding = await verifyOne(lock, entry, signal)
    if (finding !== undefined) findings.push(finding)
  }
  return { checked: sample.length, findings, defaultRetention: await lock.defaultRetention(signal) }
}

async function verifyOne(lock: ObjectLock, entry: LockedFile, signal: AbortSignal): Promise<LockFinding | undefined> {
  const file: FileHandle = { type: entry.type, name: entry.name }
  const expected: Retention = { mode: entry.mode, until: new Date(entry.untilMs) }
  try {
    const found = await lock.retention(file, entry.versionId, signal)
    if (found === undefined) return { file, kind: 'unlocked', expected, found }
    return isAtLeast(found, expected) ? undefined : { file, kind: 'shorter', expected, found }
  } catch (error) {
    if (!isCoffreError(error, 'storage.missing')) throw error
    return { file, kind: 'gone', expected, found: undefined }
  }
}

/** The first `count` of a shuffle that goes no further. */
function drawSample<Item>(items: Item[], count: number, randomInteger: (below: number) => number): Item[] {
  const drawn = Math.min(count, items.length)
  for (let at = 0; at < drawn; at++) {
    const other = at + randomInteger(items.length - at)
    const [a, b] = [items[at], items[other]]
    if (a === undefined || b === undefined) continue
    items[at] = b
    items[other] = a
  }
  return items.slice(0, drawn)
}
