import { type Context, dayMs, minuteMs } from '@coffre/foundation'
import { sql } from 'kysely'
import type { Catalogue } from '../catalogue/database.ts'
import { PlannedRules, selectableSources } from '../plans/planned-rules.ts'
import { streamTroubles } from './stream-troubles.ts'
import { tamperedVaults } from './tampered-vaults.ts'
import type { Trouble } from './trouble.ts'

/** A job that waits so long although it is due waits for a worker that is not there. */
const waitedMs = 10 * minuteMs
/** Half of a lease: more could let two workers have one job. */
const skewMs = 7500

/**
 * Everything that is wrong in a project, as the catalogue shows it now. Alarms are made from this alone: one is raised when its
 * trouble is found, and cleared when it is not found any more, whoever mended it.
 */
export async function findTroubles(catalogue: Catalogue, context: Context, projectId: string): Promise<Trouble[]> {
  const nowMs = context.clock.nowMs()
  const parts = await Promise.all([
    failedSources(catalogue, projectId),
    failedVaultJobs(catalogue, projectId),
    damagedPoints(catalogue, projectId),
    tamperedVaults(catalogue, projectId),
    streamTroubles(catalogue, context, projectId),
    missedRuns(catalogue, projectId, new Date(nowMs - dayMs)),
    idlePlans(catalogue, projectId),
    needyState(catalogue, projectId, new Date(nowMs - waitedMs)),
    skewedClock(catalogue, context, projectId),
  ])
  return parts.flat()
}

/** Sources whose last backup did not succeed. Critical when there is no good point of the last day either. */
async function failedSources(catalogue: Catalogue, projectId: string): Promise<Trouble[]> {
  const { rows } = await sql<{ id: string; name: string; state: string; message: string | null; hasFresh: boolean }>`
    select source.id, source.name, last.state, last.message,
      exists (select from point where point.source_id = source.id and point.deletion_date is null and point.state = 'COMPLETED'
        and point.completed_at > last.created_at - interval '1 day') as has_fresh
    from source
    join lateral (
      select state, message, created_at from job
      where job.source_id = source.id and job.kind = 'BACKUP' and job.state in ('COMPLETED', 'PARTIAL', 'FAILED', 'EXPIRED')
      order by created_at desc limit 1
    ) last on true
    where source.project_id = ${projectId} and source.deletion_date is null and last.state in ('PARTIAL', 'FAILED', 'EXPIRED')`.execute(
    catalogue,
  )
  return rows.map(({ id, name, state, message, hasFresh }) => ({
    projectId,
    kind: state === 'EXPIRED' ? 'backup.late' : 'backup.failed',
    subjectKind: 'source',
    subjectId: id,
    severity: state === 'PARTIAL' || hasFresh ? 'warning' : 'critical',
    message: `the last backup of ${name} is ${state}${message === null ? '' : `: ${message}`}`,
  }))
}

const vaultWork = {
  PRUNE: { trouble: 'prune.failed', words: 'prune of' },
  COPY: { trouble: 'copy.failed', words: 'copy to' },
  HOLD: { trouble: 'hold.failed', words: 'telling of holds to' },
  RECORD: { trouble: 'record.failed', words: 'record of the catalogue in' },
} as const

/** Vaults on which the last work of a kind failed; for what tells a vault something, also when it could not be told everything. */
async function failedVaultJobs(catalogue: Catalogue, projectId: string): Promise<Trouble[]> {
  const { rows } = await sql<{ id: string; name: string; kind: keyof typeof vaultWork; message: string | null }>`
    select vault.id, vault.name, last.kind, last.message
    from vault
    cross join (values ('PRUNE'), ('COPY'), ('HOLD'), ('RECORD')) as wanted (kind)
    join lateral (
      select kind, state, message from job
      where coalesce(job.target_vault_id, job.vault_id) = vault.id and job.kind = wanted.kind
        and job.state in ('COMPLETED', 'PARTIAL', 'FAILED', 'EXPIRED')
      order by created_at desc limit 1
    ) last on true
    where vault.project_id = ${projectId} and vault.deletion_date is null and (last.state in ('FAILED', 'EXPIRED')
      or last.state = 'PARTIAL' and last.kind in ('HOLD', 'RECORD'))`.execute(catalogue)
  return rows.map(({ id, name, kind, message }) => ({
    projectId,
    kind: vaultWork[kind].trouble,
    subjectKind: 'vault',
    subjectId: id,
    severity: 'warning',
    message: `the last ${vaultWork[kind].words} vault ${name} failed${message === null ? '' : `: ${message}`}`,
  }))
}

async function damagedPoints(catalogue: Catalogue, projectId: string): Promise<Trouble[]> {
  const rows = await catalogue
    .selectFrom('point')
    .select(['id', 'sourceName', 'vaultName', 'message'])
    .where('projectId', '=', projectId)
    .where('deletionDate', 'is', null)
    .where('verification', '=', 'FAILED')
    .execute()
  return rows.map(({ id, sourceName, vaultName, message }) => ({
    projectId,
    kind: 'point.damaged',
    subjectKind: 'point',
    subjectId: id,
    severity: 'critical',
    message: `a point of ${sourceName} in vault ${vaultName} is damaged${message === null ? '' : `: ${message}`}`,
  }))
}

/** Runs of the last day that nobody was there for, unless the rule has run since. */
async function missedRuns(catalogue: Catalogue, projectId: string, since: Date): Promise<Trouble[]> {
  const { rows } = await sql<{ id: string; name: string; count: number; reason: string }>`
    select plan.id, plan.name, count(*) as count, max(occurrence.reason) as reason
    from occurrence
    join rule on rule.id = occurrence.rule_id
    join plan on plan.id = rule.plan_id
    where plan.project_id = ${projectId} and plan.deletion_date is null and rule.deletion_date is null
      and occurrence.disposition = 'MISSED' and occurrence.due_at > ${since}
      and not exists (select from occurrence later
        where later.rule_id = occurrence.rule_id and later.disposition = 'RUN' and later.due_at > occurrence.due_at)
    group by plan.id, plan.name`.execute(catalogue)
  return rows.map(({ id, name, count, reason }) => ({
    projectId,
    kind: 'schedule.missed',
    subjectKind: 'plan',
    subjectId: id,
    severity: 'warning',
    message: `${count} runs of plan ${name} were missed: ${reason}`,
  }))
}

/** Plans that cannot do anything: they pick no source, or name a vault that is not there. */
async function idlePlans(catalogue: Catalogue, projectId: string): Promise<Trouble[]> {
  const [rules, sources, vaults] = await Promise.all([
    PlannedRules.load(catalogue, projectId),
    selectableSources(catalogue, projectId),
    catalogue.selectFrom('vault').select('name').where('projectId', '=', projectId).where('deletionDate', 'is', null).execute(),
  ])
  const there = new Set(vaults.map(({ name }) => name))
  const troubles = new Map<string, Trouble>()
  for (const { planId, planName, rule } of rules.all) {
    const about = { projectId, subjectKind: 'plan', subjectId: planId, severity: 'warning' } as const
    const missing = [rule.targetVault, ...rule.copies.map(({ targetVault }) => targetVault)].filter((name) => !there.has(name))
    if (missing.length > 0) {
      const message = `plan ${planName} names a vault that is not there: ${missing.join(', ')}`
      troubles.set(`vault ${planId}`, { ...about, kind: 'plan.vault-missing', message })
    }
    if (!sources.some((source) => rules.selects(planId, source))) {
      const message = `plan ${planName} picks no source, so nothing is protected by it`
      troubles.set(`source ${planId}`, { ...about, kind: 'plan.selects-nothing', message })
    }
  }
  return [...troubles.values()]
}

/** Sources without their credentials, and jobs that no worker takes. */
async function needyState(catalogue: Catalogue, projectId: string, waitingSince: Date): Promise<Trouble[]> {
  const sources = await catalogue
    .selectFrom('source')
    .select(['id', 'name'])
    .where('projectId', '=', projectId)
    .where('deletionDate', 'is', null)
    .where('state', '=', 'CREDENTIALS_NEEDED')
    .execute()
  const { waiting } = await catalogue
    .selectFrom('job')
    .select(({ fn }) => fn.countAll<number>().as('waiting'))
    .where('projectId', '=', projectId)
    .where('state', 'in', ['CREATED', 'PENDING', 'RETRYING'])
    .where('notBefore', '<', waitingSince)
    .executeTakeFirstOrThrow()
  const { running } = await catalogue
    .selectFrom('job')
    .select(({ fn }) => fn.countAll<number>().as('running'))
    .where('state', '=', 'RUNNING')
    .where('kind', '<>', 'CAPTURE')
    .executeTakeFirstOrThrow()
  const needy: Trouble[] = sources.map(({ id, name }) => ({
    projectId,
    kind: 'source.credentials-needed',
    subjectKind: 'source',
    subjectId: id,
    severity: 'critical',
    message: `the credentials of ${name} are not known; nothing of it is backed up until they are entered again`,
  }))
  if (waiting === 0 || running > 0) return needy
  const message = `${waiting} jobs wait and no worker takes them`
  return [
    ...needy,
    { projectId, kind: 'worker.missing', subjectKind: 'project', subjectId: projectId, severity: 'critical', message },
  ]
}

/** Leases, schedules and retention go by this server's clock; those of its workers and of the database must agree with it. */
async function skewedClock(catalogue: Catalogue, { clock }: Context, projectId: string): Promise<Trouble[]> {
  const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(catalogue)
  const apartMs = Math.abs((rows[0]?.now.getTime() ?? 0) - clock.nowMs())
  if (apartMs < skewMs) return []
  const message = `the clocks of this server and of its PostgreSQL are ${Math.round(apartMs / 1000)} s apart; set them by NTP`
  return [{ projectId, kind: 'clock.skew', subjectKind: 'project', subjectId: projectId, severity: 'critical', message }]
}
