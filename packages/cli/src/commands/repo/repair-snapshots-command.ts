import {
  type RepairedSnapshot,
  removeUnreadableSnapshots,
  repairSnapshots,
  type StoredSnapshot,
  selectSnapshots,
  type TreeRepair,
} from '@coffre/repository'
import { type Call, defineCommand } from '../../command.ts'
import { flag } from '../../options/option.ts'
import { snapshotFilterOf, snapshotFilterOptions } from '../../options/snapshot-filter-options.ts'
import { shortId, snapshotLine } from '../../output/snapshot-text.ts'
import { openSession } from '../../session/open-session.ts'
import { showSteps } from '../../session/show-steps.ts'
import { heldNow, recordSnapshots } from '../../session/vault-state.ts'
import { warnOfSnapshot } from '../../session/warn-of-snapshot.ts'

const options = { forget: flag('forget'), dryRun: flag('dry-run', { short: 'n' }), ...snapshotFilterOptions } as const

type RepairCall = Call<typeof options>

const problemTexts = {
  'lost-content': 'repair.lostContent',
  'wrong-size': 'repair.wrongSize',
  'lost-folder': 'repair.lostFolder',
  'invalid-entry': 'repair.invalidEntry',
} as const

export const repairSnapshotsCommand = defineCommand({
  options,
  operands: '[ID…]',
  async run(call) {
    const { options: given, surroundings } = call
    await using session = await openSession(call, { lock: 'exclusive' })
    const { repository, signal } = session
    const snapshots = await selectSnapshots(
      repository,
      call.positionals,
      snapshotFilterOf(given, surroundings),
      signal,
      warnOfSnapshot(call),
    )
    const held = await heldNow(session)
    const steps = showSteps({ snapshots: 'check.phase.snapshots' }, call)
    let repaired: readonly RepairedSnapshot[]
    try {
      repaired = await repairSnapshots(
        repository,
        {
          snapshots,
          forget: given.forget,
          dryRun: given.dryRun,
          held,
          onRepair: (snapshot, repair) => tellRepair(snapshot, repair, call),
          onProgress: (done, total) => steps.update('snapshots', done, total),
        },
        signal,
      )
    } finally {
      steps.hide()
    }
    const added = repaired.flatMap(({ replacement }) => (replacement === undefined ? [] : [replacement]))
    const removed = repaired.flatMap(({ snapshot, isRemoved }) => (isRemoved ? [snapshot.id] : []))
    const unreadable = given.forget ? await removeUnreadableSnapshots(repository, { dryRun: given.dryRun, held }, signal) : []
    for (const id of unreadable) tellUnreadable(id, call)
    await recordSnapshots(session, { added, removed: given.dryRun ? removed : [...removed, ...unreadable] })
    tell(repaired, unreadable.length, call)
  },
})

function tellRepair({ id }: StoredSnapshot, { path, problem }: TreeRepair, { output, texts }: RepairCall): void {
  if (output.json) output.printJson({ message_type: 'repair', snapshot_id: id, path, problem })
  else output.note(texts.say(problemTexts[problem], { id: shortId(id), path }))
}

function tellUnreadable(id: string, { output, texts, options: { dryRun } }: RepairCall): void {
  if (output.json) output.printJson({ message_type: 'changed', old_snapshot_id: id, lost: true })
  else output.summarize(texts.say(dryRun ? 'repair.wouldRemoveUnreadable' : 'repair.removedUnreadable', { id: shortId(id) }))
}

function tell(repaired: readonly RepairedSnapshot[], unreadable: number, { output, texts, options: { dryRun } }: RepairCall): void {
  for (const { snapshot, replacement, isHopeless } of repaired) {
    if (output.json) {
      const ids = { old_snapshot_id: snapshot.id, ...(replacement === undefined ? {} : { new_snapshot_id: replacement }) }
      output.printJson({ message_type: 'changed', ...ids, ...(isHopeless ? { lost: true } : {}) })
    } else if (isHopeless) output.summarize(texts.say('repair.hopeless', { snapshot: snapshotLine(snapshot, texts) }))
    else if (replacement !== undefined)
      output.summarize(texts.say('rewrite.saved', { snapshot: snapshotLine(snapshot, texts), id: shortId(replacement) }))
    else output.summarize(texts.say('rewrite.would', { snapshot: snapshotLine(snapshot, texts) }))
  }
  const count = repaired.length + unreadable
  if (output.json) output.printJson({ message_type: 'summary', changed_snapshots: count, ...(dryRun ? { dry_run: true } : {}) })
  else output.summarize(texts.say(dryRun ? 'changes.wouldBeMade' : 'changes.made', { count }))
}
