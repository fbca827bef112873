import type { RestorePhase } from '@coffre/connector'
import { type RestoreOutcome, runRestore } from '@coffre/engine'
import { CoffreError } from '@coffre/foundation'
import { requestOf } from '../jobs/job-request.ts'
import type { Finish } from './backup-job.ts'
import { hiddenPaths } from './hidden-paths.ts'
import type { JobRun } from './job-run.ts'
import { openSession } from './open-vault.ts'
import { shownPath } from './shown-path.ts'
import { shownStop } from './shown-stop.ts'
import { targetOf, wantedOf } from './wanted-restore.ts'
import type { WorkerParts } from './worker-parts.ts'

const skippedNamedMax = 100

const phaseTexts: Readonly<Record<RestorePhase, string>> = {
  'laying-out': 'the point is being laid out',
  'fetching-log': 'the log is being fetched',
  'replaying': 'a server replays the log',
  'loading': 'what is wanted is being loaded into the target',
  'checking': 'what was restored is being looked at',
}

/** Puts a point back into a folder of this machine, or parts of it into a running engine; of a source with a log, any state of it. */
export async function runRestoreJob(parts: WorkerParts, run: JobRun): Promise<Finish> {
  const { signal, job } = run
  const request = requestOf('RESTORE', job)
  const { to, overwrite, options } = request
  const wanted = await wantedOf(parts, request, job)
  const target = await targetOf(parts, request, job)
  if (target === undefined) throw new Error('a restore does not say where it goes')
  if (to !== undefined) await refuseOwnFolders(parts, to)
  await using session = await openSession(parts, job.vaultId, signal)
  const outcome = await runRestore(
    session,
    wanted.means,
    {
      ...wanted.what,
      target,
      // A second attempt finds what the first one wrote to a folder. Into an engine it goes as a whole, or not at all.
      overwrite: overwrite || (to !== undefined && job.attempt > 1),
      ...(request.parts === undefined ? {} : { parts: request.parts }),
      ...(options === undefined ? {} : { options }),
      onPhase: (phase) => {
        run.enter(phase)
        void run.log('info', phaseTexts[phase])
      },
      // What was loaded was counted on the way.
      verify: to === undefined,
    },
    run.onProgress,
    signal,
  )
  for (const note of outcome.report.notes) await run.log('info', note)
  for (const { path, reason } of outcome.skipped.slice(0, skippedNamedMax))
    await run.log('warning', `${shownPath(path)}: ${reason}`)
  for (const { severity, message } of outcome.findings) await run.log(severity === 'note' ? 'info' : severity, message)
  const problem = problemOf(outcome)
  const lastRestoreAt = new Date(parts.context.clock.nowMs())
  return {
    event: problem === undefined ? 'done' : 'partial',
    ...(problem === undefined ? {} : { message: problem }),
    result: resultOf(outcome, to),
    commit: async (transaction) => {
      const restored = transaction.updateTable('point').set({ lastRestoreAt }).where('vaultId', '=', job.vaultId)
      await restored.where('snapshotId', '=', outcome.pointId).where('deletionDate', 'is', null).execute()
    },
  }
}

function problemOf({ state, skippedCount, findings }: RestoreOutcome): string | undefined {
  if (state === 'partial') return `${skippedCount} items could not be restored; all others are`
  const errors = findings.filter(({ severity }) => severity === 'error')
  return errors.length === 0 ? undefined : errors.map(({ message }) => message).join('; ')
}

function resultOf({ pointId, stop, report, skippedCount }: RestoreOutcome, to: string | undefined): object {
  return {
    ...(to === undefined ? { counts: report.counts } : { to }),
    skipped: skippedCount,
    snapshotId: pointId,
    ...(stop === undefined ? {} : { stop: shownStop(stop) }),
    notes: report.notes,
  }
}

/** Neither the state folder nor a vault is ever restored over. */
export async function refuseOwnFolders(parts: WorkerParts, to: string): Promise<void> {
  for (const path of await hiddenPaths(parts)) {
    if (to !== path && !to.startsWith(`${path}/`)) continue
    throw new CoffreError('usage.invalid', `${to} belongs to Coffre itself`, { hint: 'Restore to another folder.' })
  }
}
