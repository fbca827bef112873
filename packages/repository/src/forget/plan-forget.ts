import { CoffreError } from '@coffre/foundation'
import type { StoredSnapshot } from '../format/snapshot.ts'
import { compareInstants, type ZoneOffset } from '../local/timestamp.ts'
import { applyPolicy, type ForgetPolicy, isEmptyPolicy, type KeepReason, periods } from '../policy/forget-policy.ts'
import { describeGroup, type GroupBy, groupSnapshots, type SnapshotGroup, type SnapshotGroupKey } from '../policy/snapshot-group.ts'
import { type Held, nothingHeld } from '../prune/held.ts'

/** What to do with the snapshots of one group, newest first. */
export interface ForgetGroup {
  readonly key: SnapshotGroupKey
  readonly keep: readonly StoredSnapshot[]
  readonly remove: readonly StoredSnapshot[]
  /** In the order of `keep`. */
  readonly reasons: readonly KeepReason<StoredSnapshot>[]
  /** Those of `keep` that stay only because they are held. */
  readonly held: readonly StoredSnapshot[]
}

export interface ForgetRules {
  readonly policy: ForgetPolicy
  readonly groupBy: GroupBy
  readonly held?: Held
  readonly nowMs: number
  readonly zone: ZoneOffset
  /** Take a policy that keeps nothing at its word; refused otherwise, as a forgotten option would cost everything. */
  readonly mayRemoveAll?: boolean
}

/** Divides snapshots by policy, group by group, as restic does. What is held is kept, whatever the policy says. */
export function planForget(snapshots: Iterable<StoredSnapshot>, rules: ForgetRules): ForgetGroup[] {
  refuseNegative(rules.policy)
  if (isEmptyPolicy(rules.policy) && rules.mayRemoveAll !== true) {
    throw new CoffreError('usage.invalid', 'no policy was specified, no snapshots will be removed', {
      hint: 'Say what to keep, for instance `--keep-daily 7`, or name the snapshots to forget.',
    })
  }
  return groupSnapshots(snapshots, rules.groupBy).map((group) => planGroup(group, rules))
}

function planGroup({ key, snapshots }: SnapshotGroup<StoredSnapshot>, rules: ForgetRules): ForgetGroup {
  const held = rules.held ?? nothingHeld
  const outcome = applyPolicy(snapshots, rules.policy, rules.nowMs, rules.zone)
  if (!isEmptyPolicy(rules.policy) && outcome.keep.length === 0) {
    throw new CoffreError('usage.invalid', `the policy keeps no snapshot of the group ${describeGroup(key)}, which is refused`, {
      hint: 'Keep one at least, for instance with `--keep-last 1`, or name the snapshots to forget.',
    })
  }
  const heldBack = outcome.remove.filter(({ id }) => held.snapshots.has(id))
  const reasons = [...outcome.reasons, ...heldBack.map((snapshot) => ({ snapshot, matches: ['held'], counters: {} }))]
  if (heldBack.length > 0) reasons.sort((a, b) => compareInstants(b.snapshot.time, a.snapshot.time))
  return {
    key,
    keep: reasons.map(({ snapshot }) => snapshot),
    remove: outcome.remove.filter(({ id }) => !held.snapshots.has(id)),
    reasons,
    held: heldBack,
  }
}

function refuseNegative({ counts = {}, within = {} }: ForgetPolicy): void {
  for (const period of periods) {
    const isNegative = (counts[period] ?? 0) < -1 || Object.values(within[period] ?? {}).some((part) => part < 0)
    if (isNegative)
      throw new CoffreError('usage.invalid', `what to keep of the ${period} snapshots cannot be negative`, {
        hint: 'Use `unlimited` for all.',
      })
  }
}
