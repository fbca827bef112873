import {
  type ForgetGroup,
  type ForgetPolicy,
  forgetSnapshots,
  type Id,
  isEmptyFilter,
  isEmptyPolicy,
  parseDuration,
  parseGroupBy,
  parseTagList,
  planForget,
  selectSnapshots,
  systemZone,
} from '@coffre/repository'
import { type Call, defineCommand } from '../../command.ts'
import { usageError } from '../../messages/command-line-error.ts'
import { flag, texts, type Values, value, values } from '../../options/option.ts'
import { pruneOptions, pruneOptionsOf } from '../../options/prune-options.ts'
import { parseKeepCount } from '../../options/quantities.ts'
import { snapshotFilterOf, snapshotFilterOptionsWithoutLetter } from '../../options/snapshot-filter-options.ts'
import { writingSettings } from '../../options/writing-options.ts'
import { formatPercent } from '../../output/amounts.ts'
import { printForgetGroups } from '../../output/forget-text.ts'
import { openSession, type Session } from '../../session/open-session.ts'
import { prune } from '../../session/prune.ts'
import { heldNow, recordSnapshots } from '../../session/vault-state.ts'
import { warnOfSnapshot } from '../../session/warn-of-snapshot.ts'

const options = {
  keepLast: value('keep-last', 'n', parseKeepCount, { short: 'l' }),
  keepHourly: value('keep-hourly', 'n', parseKeepCount, { short: 'H' }),
  keepDaily: value('keep-daily', 'n', parseKeepCount, { short: 'd' }),
  keepWeekly: value('keep-weekly', 'n', parseKeepCount, { short: 'w' }),
  keepMonthly: value('keep-monthly', 'n', parseKeepCount, { short: 'm' }),
  keepYearly: value('keep-yearly', 'n', parseKeepCount, { short: 'y' }),
  keepWithin: value('keep-within', 'duration', parseDuration),
  keepWithinHourly: value('keep-within-hourly', 'duration', parseDuration),
  keepWithinDaily: value('keep-within-daily', 'duration', parseDuration),
  keepWithinWeekly: value('keep-within-weekly', 'duration', parseDuration),
  keepWithinMonthly: value('keep-within-monthly', 'duration', parseDuration),
  keepWithinYearly: value('keep-within-yearly', 'duration', parseDuration),
  keepTag: values('keep-tag', 'tag[,tag…]', parseTagList),
  unsafeAllowRemoveAll: flag('unsafe-allow-remove-all'),
  ...snapshotFilterOptionsWithoutLetter,
  hostname: texts('hostname', 'host', { hidden: true }),
  compact: flag('compact', { short: 'c' }),
  groupBy: value('group-by', 'group', parseGroupBy, { short: 'g' }),
  dryRun: flag('dry-run', { short: 'n' }),
  prune: flag('prune'),
  ...pruneOptions,
} as const

type ForgetCall = Call<typeof options>

const byHostAndPaths = { host: true, paths: true, tags: false }

export const forgetCommand = defineCommand({
  options,
  operands: '[ID…]',
  async run(call) {
    const { options: given, output, texts: words, globals } = call
    if (globals.noLock && !given.dryRun) throw usageError('error.onlyWith', { option: '--no-lock', other: '--dry-run' })
    const policy = policyOf(given)
    refuseEmptyPolicy(policy, call)
    await using session = await openSession(call, { lock: given.dryRun && globals.noLock ? 'none' : 'exclusive' })
    const removed = await choose(policy, session, call)
    if (removed.length === 0) return
    if (given.dryRun)
      output.summarize(words.say(given.prune ? 'forget.wouldPrune' : 'forget.wouldRemove', { count: removed.length }))
    else {
      await remove(removed, session, call)
      output.summarize(words.say(given.prune ? 'forget.pruning' : 'forget.removed', { count: removed.length }))
    }
    if (!given.prune) return
    const { packBytes } = writingSettings(globals, call.surroundings)
    const size = packBytes === undefined ? {} : { packBytes }
    await prune(session, { ...pruneOptionsOf(given), ...size, dryRun: given.dryRun, withoutSnapshots: new Set(removed) }, call)
  },
})

/** The snapshots to remove: those that were named, or those that the policy does not keep. */
async function choose(policy: ForgetPolicy, session: Session, call: ForgetCall): Promise<readonly Id[]> {
  const { repository, signal } = session
  const { options: given, positionals, output } = call
  const snapshots = await selectSnapshots(repository, positionals, filterOf(call), signal, warnOfSnapshot(call))
  if (positionals.length > 0) {
    const ids = snapshots.map(({ id }) => id)
    if (output.json)
      output.printJson({ message_type: 'summary', removed_snapshots: ids, ...(given.dryRun ? { dry_run: true } : {}) })
    return ids
  }
  const rules = {
    policy,
    groupBy: given.groupBy ?? byHostAndPaths,
    held: await heldNow(session),
    nowMs: repository.context.clock.nowMs(),
    zone: systemZone,
    mayRemoveAll: given.unsafeAllowRemoveAll,
  }
  const groups: readonly ForgetGroup[] = planForget(snapshots, rules)
  printForgetGroups(groups, given.compact, call)
  return groups.flatMap((group) => group.remove.map(({ id }) => id))
}

async function remove(ids: readonly Id[], session: Session, { output, texts: words }: ForgetCall): Promise<void> {
  let [done, total] = [0, ids.length]
  const onProgress = (nowDone: number, nowTotal: number): void => {
    done = nowDone
    total = nowTotal
  }
  const hide = output.showProgress({
    line: () => words.say('forget.progress', { percent: formatPercent(done, total), done, total }),
  })
  try {
    await forgetSnapshots(session.repository, ids, { held: await heldNow(session), onProgress }, session.signal)
  } finally {
    hide()
  }
  await recordSnapshots(session, { removed: ids })
}

function filterOf({ options: given, surroundings }: ForgetCall) {
  return snapshotFilterOf({ ...given, host: [...given.hostname, ...given.host] }, surroundings)
}

function refuseEmptyPolicy(policy: ForgetPolicy, call: ForgetCall): void {
  if (call.positionals.length > 0 || !isEmptyPolicy(policy)) return
  if (!call.options.unsafeAllowRemoveAll) throw usageError('error.keepNothing', {}, 'hint.removeAll')
  if (isEmptyFilter(filterOf(call))) throw usageError('error.needsFilter')
}

function policyOf(given: Values<typeof options>): ForgetPolicy {
  const counts = {
    last: given.keepLast,
    hourly: given.keepHourly,
    daily: given.keepDaily,
    weekly: given.keepWeekly,
    monthly: given.keepMonthly,
    yearly: given.keepYearly,
  }
  const within = {
    last: given.keepWithin,
    hourly: given.keepWithinHourly,
    daily: given.keepWithinDaily,
    weekly: given.keepWithinWeekly,
    monthly: given.keepWithinMonthly,
    yearly: given.keepWithinYearly,
  }
  return { counts: present(counts), within: present(within), tags: given.keepTag }
}

/** Without what was not given. */
function present<Value>(fields: Readonly<Record<string, Value | undefined>>): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  )
}
