import type { ByteString } from '@coffre/foundation'
import { formatInstant, type Id, rewriteSnapshots, type StoredSnapshot, selectSnapshots } from '@coffre/repository'
import { type Call, defineCommand } from '../../command.ts'
import { usageError } from '../../messages/command-line-error.ts'
import { parseLocalTime } from '../../options/local-times.ts'
import { flag, text, value } from '../../options/option.ts'
import { excludeLists, excludeOptions } from '../../options/pattern-options.ts'
import { snapshotFilterOf, snapshotFilterOptions } from '../../options/snapshot-filter-options.ts'
import { writingSettings } from '../../options/writing-options.ts'
import { shortId, snapshotLine } from '../../output/snapshot-text.ts'
import { loadIndexOf, loadWriterIndex } from '../../session/load-index.ts'
import { openSession } from '../../session/open-session.ts'
import { heldNow, recordSnapshots, writeLock } from '../../session/vault-state.ts'
import { warnOfSnapshot } from '../../session/warn-of-snapshot.ts'

const options = {
  ...excludeOptions,
  newHost: text('new-host', 'host'),
  newTime: value('new-time', 'time', parseLocalTime),
  snapshotSummary: flag('snapshot-summary', { short: 's' }),
  forget: flag('forget'),
  dryRun: flag('dry-run', { short: 'n' }),
  ...snapshotFilterOptions,
} as const

type RewriteCall = Call<typeof options>

export const rewriteCommand = defineCommand({
  options,
  operands: '[ID…]',
  async run(call) {
    const { options: given, output, texts, surroundings } = call
    const excludes = await excludeLists(given, surroundings)
    const { newHost, newTime, snapshotSummary, forget, dryRun } = given
    if (excludes.length === 0 && newHost === undefined && newTime === undefined && !snapshotSummary) {
      throw usageError('error.nothingToDo', { options: '--exclude, --new-host, --new-time, --snapshot-summary' })
    }
    await using session = await openSession(call, { lock: forget ? 'exclusive' : 'append', dryRun })
    const { repository, signal } = session
    const index = dryRun ? await loadIndexOf(session, call) : await loadWriterIndex(session, call)
    const snapshots = await selectSnapshots(
      repository,
      call.positionals,
      snapshotFilterOf(given, surroundings),
      signal,
      warnOfSnapshot(call),
    )
    const report = new RewriteReport(call)
    const count = await rewriteSnapshots(
      repository,
      index,
      snapshots,
      {
        ...writingSettings(call.globals, surroundings),
        ...(dryRun ? {} : await writeLock(session, index)),
        confirmed: session.confirmed,
        isExcluded: excludes.length === 0 ? undefined : (path) => excludes.some((list) => list.matches(path)),
        onExcluded: (path) => report.excluded(path),
        onSnapshot: (snapshot, changed, newId) => report.snapshot(snapshot, changed, newId),
        snapshotSummary,
        forget,
        dryRun,
        held: await heldNow(session),
        ...(newHost === undefined ? {} : { newHost }),
        ...(newTime === undefined ? {} : { newTime: formatInstant(newTime) }),
      },
      signal,
    )
    if (!dryRun) await recordSnapshots(session, { added: report.added, removed: forget ? report.replaced : [] })
    if (output.json) output.printJson({ message_type: 'summary', changed_snapshots: count, ...(dryRun ? { dry_run: true } : {}) })
    else output.summarize(texts.say(dryRun ? 'changes.wouldBeMade' : 'changes.made', { count }))
  },
})

class RewriteReport {
  readonly added: Id[] = []
  readonly replaced: Id[] = []
  readonly #call: RewriteCall

  constructor(call: RewriteCall) {
    this.#call = call
  }

  excluded(path: ByteString): void {
    const { output, texts } = this.#call
    if (output.json && output.verbosity >= 2) output.printJson({ message_type: 'verbose_status', action: 'excluded', item: path })
    else output.note(texts.say('rewrite.excluded', { path }), 2)
  }

  snapshot(snapshot: StoredSnapshot, changed: boolean, newId: Id | undefined): void {
    const { output, texts } = this.#call
    if (!changed) {
      output.note(texts.say('rewrite.same', { snapshot: snapshotLine(snapshot, texts) }), 2)
      return
    }
    if (newId !== undefined) {
      this.added.push(newId)
      this.replaced.push(snapshot.id)
    }
    if (output.json)
      output.printJson({
        message_type: 'changed',
        old_snapshot_id: snapshot.id,
        ...(newId === undefined ? {} : { new_snapshot_id: newId }),
      })
    else if (newId === undefined) output.summarize(texts.say('rewrite.would', { snapshot: snapshotLine(snapshot, texts) }))
    else output.summarize(texts.say('rewrite.saved', { snapshot: snapshotLine(snapshot, texts), id: shortId(newId) }))
  }
}
