import { dayMs, hourMs, minuteMs } from '@coffre/foundation'
import { renewAlarms } from '../alarms/alarm-book.ts'
import { findTroubles } from '../alarms/find-troubles.ts'
import type { Webhook } from '../alarms/webhook.ts'
import { exportAudit } from '../audit/audit-export.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import type { AuditSink } from '../audit/audit-sink.ts'
import { forgetOld } from '../people/forget-old.ts'
import type { People } from '../people/people.ts'
import { startDueCaptures } from './due-captures.ts'
import { startDueCatalogueBackup } from './due-catalogue-backups.ts'
import { startDueHeals } from './due-heals.ts'
import { startDueHolds } from './due-holds.ts'
import { startDuePrunes } from './due-prunes.ts'
import { startDueRecords } from './due-records.ts'
import { type DueParts, nextDueMs, runDueRules } from './due-rules.ts'
import { RepeatedTask } from './repeated-task.ts'
import { applyRetention } from './retention.ts'

export interface SchedulerParts extends DueParts {
  readonly people: People
  readonly audit: AuditLog
  /** Undefined when the audit log stays here. */
  readonly auditSink: AuditSink | undefined
  /** Undefined when nobody is to be told of alarms. */
  readonly webhook: Webhook | undefined
}

const rulesMs = 1000
const capturesMs = 2000
const alarmsMs = 15_000
const auditExportMs = 5000
const retentionMs = 5 * minuteMs
const healsMs = 60_000
const holdsMs = 15_000
/** Also how long changes of policy are gathered before vaults are told of them. */
const recordsMs = 60_000
const catalogueBackupMs = 5 * minuteMs
const housekeepingMs = hourMs
const workerForgottenMs = dayMs

/** Everything that the server does by the clock. Several servers may do it at once: each piece of work is done by one of them. */
export class Scheduler implements AsyncDisposable {
  readonly #stack = new AsyncDisposableStack()

  constructor(parts: SchedulerParts, log: (line: string) => void) {
    const { catalogue, context, store, webhook } = parts
    const { clock } = context
    const repeat = (name: string, pauseMs: number, task: (signal: AbortSignal) => Promise<number | undefined>): void =>
      void this.#stack.use(new RepeatedTask(name, pauseMs, task, clock, log))
    repeat('scheduling', rulesMs, async () => {
      await runDueRules(parts)
      await store.expireLate()
      return nextDueMs(catalogue)
    })
    repeat('looking after continuous logs', capturesMs, async () => {
      await startDueCaptures(parts)
      return undefined
    })
    repeat('looking for troubles', alarmsMs, async (signal) => {
      const projects = await catalogue.selectFrom('project').select(['id', 'orgId']).execute()
      for (const project of projects) {
        const changes = await renewAlarms(catalogue, context, project, await findTroubles(catalogue, context, project.id))
        await webhook?.tell(changes, signal)
      }
      return undefined
    })
    repeat('looking after vaults', healsMs, async () => {
      await startDueHeals(parts)
      return undefined
    })
    repeat('telling vaults what is held', holdsMs, async () => {
      await startDueHolds(parts)
      return undefined
    })
    repeat('telling vaults of policy', recordsMs, async () => {
      await startDueRecords(parts)
      return undefined
    })
    repeat('backing up the catalogue', catalogueBackupMs, async () => {
      await startDueCatalogueBackup(parts)
      return undefined
    })
    const { auditSink } = parts
    if (auditSink !== undefined) {
      repeat('the export of the audit log', auditExportMs, async (signal) => {
        const organisations = await catalogue.selectFrom('org').select('id').execute()
        for (const { id } of organisations) await exportAudit(catalogue, context, id, auditSink, signal)
        return undefined
      })
    }
    repeat('retention', retentionMs, async (signal) => {
      await applyRetention(parts, signal)
      await startDuePrunes(parts)
      return undefined
    })
    repeat('housekeeping', housekeepingMs, async (signal) => {
      await forgetOld(parts, signal)
      const gone = new Date(clock.nowMs() - workerForgottenMs)
      await catalogue
        .deleteFrom('worker')
        .where('seenAt', '<', gone)
        .where(({ not, exists, selectFrom }) => not(exists(selectFrom('job').whereRef('job.workerId', '=', 'worker.id'))))
        .execute()
      return undefined
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }
}
