import { CoffreError, dayMs } from '@coffre/foundation'
import type { Id } from '../format/node.ts'
import type { LockPolicy } from '../state/vault-state.ts'

const quantumDaysMin = 1
const quantumDaysMax = 30

/** Locks end at multiples of this, so that a pack in daily use is extended once a quantum and not once a day (rule L2). */
export function quantumMs(policy: LockPolicy): number {
  return Math.min(Math.max(policy.days / 4, quantumDaysMin), quantumDaysMax) * dayMs
}

/** The term of a point; `usage.invalid` beyond what the vault allows (rule L9). */
export function termMs(policy: LockPolicy, days: number = policy.days): number {
  if (days >= 1 && days <= policy.daysMax) return days * dayMs
  throw new CoffreError('usage.invalid', `a lock of ${days} days is outside what this vault allows: 1 to ${policy.daysMax} days`)
}

/** The first boundary of a quantum after `lockUntilMs`. */
export function boundaryAfterMs(lockUntilMs: number, policy: LockPolicy): number {
  const quantum = quantumMs(policy)
  return (Math.floor(lockUntilMs / quantum) + 1) * quantum
}

/**
 * How long a file has to be retained so that a point is locked until `lockUntilMs`: to the next boundary, and on by a part of a
 * quantum that its name decides, so that not all files of a vault fall due at once. At most two quanta more, in whole seconds.
 */
export function retainUntilMs(lockUntilMs: number, policy: LockPolicy, name: Id): number {
  const share = Number.parseInt(name.slice(0, 12), 16) / 2 ** 48
  return boundaryAfterMs(lockUntilMs, policy) + Math.floor((share * quantumMs(policy)) / 1000) * 1000
}
