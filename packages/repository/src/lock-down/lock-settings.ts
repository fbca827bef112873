import { CoffreError } from '@coffre/foundation'
import type { Backend, Retention, RetentionMode } from '@coffre/storage'
import type { RepositoryContext } from '../repository/repository-context.ts'
import type { LockPolicy } from '../state/vault-state.ts'
import { boundaryAfterMs, termMs } from './lock-term.ts'
import { objectLockOf, storeTimeMs } from './store-time.ts'

/** What `init --object-lock` asks for. */
export interface LockSettings {
  readonly mode: RetentionMode
  /** The term of every point. */
  readonly days: number
  /** The longest term that a point may ask for; `days` unless given. */
  readonly daysMax?: number
}

/** How a vault begins to be locked: its policy, and the retention of the files that open it. */
export interface LockPlan {
  readonly policy: LockPolicy
  readonly retention: Retention
}

/** Finds out whether a new vault here can be locked; nothing is written. */
export async function planLock(
  backend: Backend,
  context: RepositoryContext,
  settings: LockSettings,
  signal: AbortSignal,
): Promise<LockPlan> {
  const policy: LockPolicy = { mode: settings.mode, days: settings.days, daysMax: settings.daysMax ?? settings.days }
  if (!Number.isInteger(policy.days) || !Number.isInteger(policy.daysMax) || policy.daysMax < policy.days || policy.days < 1) {
    throw new CoffreError('usage.invalid', `a lock of ${settings.days} days, at most ${policy.daysMax}, makes no sense`, {
      hint: 'Give a whole number of days, at least 1.',
    })
  }
  await refuseDefaultRetention(backend, signal)
  const until = new Date(boundaryAfterMs((await storeTimeMs(backend, context, signal)) + termMs(policy), policy))
  return { policy, retention: { mode: policy.mode, until } }
}

/** A bucket's default retention would lock `locks/` too, and nobody could prune any more (rule L4). */
async function refuseDefaultRetention(backend: Backend, signal: AbortSignal): Promise<void> {
  const found = await objectLockOf(backend).defaultRetention(signal)
  if (found === undefined) return
  throw new CoffreError(
    'storage.unsupported',
    `the bucket of ${backend.location} puts ${found.days} days of ${found.mode} retention on every object by itself`,
    {
      hint: 'Coffre sets terms itself, and lock files must stay removable. Take the default retention off the bucket; object lock stays on.',
    },
  )
}
