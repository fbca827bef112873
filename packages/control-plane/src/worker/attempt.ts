import { type CoffreError, type Context, isCoffreError, minuteMs } from '@coffre/foundation'
import { isCatalogueFailure } from '../catalogue/catalogue-failure.ts'
import type { JobKind } from '../catalogue/tables/work-tables.ts'
import type { Claim } from '../jobs/job-claims.ts'
import { type Finish, runBackupJob } from './backup-job.ts'
import { runCaptureJob } from './capture-job.ts'
import { runCatalogueBackupJob } from './catalogue-backup-job.ts'
import { runCopyJob } from './copy-job.ts'
import { runExpireJob } from './expire-job.ts'
import { runExplainJob } from './explain-job.ts'
import { runHealJob } from './heal-job.ts'
import { runHoldJob } from './hold-job.ts'
import { type Interruption, JobRun, type RunTimes } from './job-run.ts'
import { runPruneJob } from './prune-job.ts'
import { runRecordJob } from './record-job.ts'
import { runRestoreJob } from './restore-job.ts'
import { runTimelineJob } from './timeline-job.ts'
import { runVerifyJob } from './verify-job.ts'
import type { WorkerParts } from './worker-parts.ts'

type Execute = (parts: WorkerParts, run: JobRun) => Promise<Finish>

const executions: Readonly<Partial<Record<JobKind, Execute>>> = {
  BACKUP: runBackupJob,
  CAPTURE: runCaptureJob,
  CATALOGUE_BACKUP: runCatalogueBackupJob,
  COPY: runCopyJob,
  EXPIRE: runExpireJob,
  EXPLAIN: runExplainJob,
  HEAL: runHealJob,
  HOLD: runHoldJob,
  PRUNE: runPruneJob,
  RECORD: runRecordJob,
  RESTORE: runRestoreJob,
  TIMELINE: runTimelineJob,
  VERIFY: runVerifyJob,
}

const firstPauseMs = 10_000
const longestPauseMs = 10 * minuteMs
const recordPauseMs = 1000

/** Makes one attempt at a job that was claimed, and ends it in whatever way. Rejects only when the catalogue does not answer. */
export async function attempt(
  parts: WorkerParts,
  claim: Claim,
  times: RunTimes,
  onStart: (run: JobRun) => void,
  log: (line: string) => void,
): Promise<void> {
  const run = new JobRun(claim, parts, times)
  onStart(run)
  const alive = run.keepAlive()
  let finish: Finish | undefined
  try {
    const execute = executions[claim.job.kind]
    if (execute === undefined) throw new Error(`this version of Coffre does not know how to do a job ${claim.job.kind}`)
    finish = await execute(parts, run)
  } catch (error) {
    finish = finishOf(error, run, parts)
    if (!isCoffreError(error) && run.interruption === undefined)
      log(`job ${claim.job.id}: ${error instanceof Error ? error.stack : String(error)}`)
  }
  try {
    await run.reportLast()
    if (finish?.error !== undefined) await run.log('error', finish.error.detail)
    // Otherwise somebody else has the job by now, and finds in the vault what this attempt stored.
    if (finish !== undefined && !(await record(parts, claim, finish, times)))
      log(`job ${claim.job.id}: attempt ${claim.hold.attempt} came too late`)
  } finally {
    run.end()
    await alive
  }
}

/** A catalogue that is being restarted is waited for: what was done need not be done again. */
async function record({ store, context }: WorkerParts, { hold }: Claim, finish: Finish, { leaseMs }: RunTimes): Promise<boolean> {
  const { commit, ...end } = finish
  const untilMs = context.clock.monotonicMs() + leaseMs
  for (;;) {
    try {
      return await store.end(hold, end, commit)
    } catch (error) {
      if (context.clock.monotonicMs() >= untilMs) throw error
      await context.clock.sleep(recordPauseMs, new AbortController().signal)
    }
  }
}

/** What an attempt that did not succeed ends with; undefined when that is not for it to say any more. */
function finishOf(error: unknown, run: JobRun, { context }: WorkerParts): Finish | undefined {
  if (run.interruption !== undefined) return interrupted(run.interruption, run)
  // Nothing is wrong with the job itself.
  if (isCatalogueFailure(error))
    return { event: 'lost', message: 'the catalogue was away', notBefore: later(context, firstPauseMs) }
  const problem = problemOf(error)
  const mayPass = !isCoffreError(error) || error.retry === 'backoff' || error.retry === 'reopen'
  if (!mayPass) return { event: 'failed', message: problem.detail, error: problem }
  const pauseMs = Math.min(longestPauseMs, firstPauseMs * 4 ** run.job.failures)
  return { event: 'retry', message: problem.detail, error: problem, notBefore: later(context, pauseMs) }
}

function later({ clock }: Context, pauseMs: number): Date {
  return new Date(clock.nowMs() + pauseMs)
}

function interrupted(why: Interruption, { job }: JobRun): Finish | undefined {
  switch (why) {
    case 'lost':
      return undefined
    case 'cancelled':
      return { event: 'stopped', message: 'it was cancelled' }
    case 'shutdown':
      return { event: 'lost', message: 'its worker was stopped' }
    case 'overdue': {
      const detail = `it had not ended by ${job.completeBy?.toISOString() ?? 'the end of its window'}`
      const hint = 'Give the rule a longer completion window, or find out what takes so long: `coffre job log ID`.'
      return { event: 'failed', message: detail, error: { code: 'job.overdue', detail, hint } }
    }
  }
}

function problemOf(error: unknown): NonNullable<Finish['error']> {
  if (!isCoffreError(error)) {
    // What is not an error of ours may say anything; the worker's own log has it.
    return { code: 'internal', detail: 'the worker met an error that it does not know; its log says more' }
  }
  const { code, message, hint } = error as CoffreError
  return { code, detail: message, ...(hint === undefined ? {} : { hint }) }
}
