import { type AlarmView, getStatus, listAlarms, type StatusView } from '@coffre/api-contract'
import { type Context, dayMs } from '@coffre/foundation'
import { type Selectable, sql } from 'kysely'
import type { Catalogue } from '../catalogue/database.ts'
import type { AlarmTable } from '../catalogue/tables/people-tables.ts'
import { defineHandler, type Handler } from '../http/api-call.ts'
import { pageOfRows, readCursor } from '../http/page-cursor.ts'
import { listStreams, streamView } from '../streams/stream-view.ts'
import { protectionOf } from './protection.ts'

export interface StatusParts {
  readonly catalogue: Catalogue
  readonly context: Context
  /** Of Coffre. */
  readonly version: string
}

/** A worker tells every ten seconds that it is there. */
const workerGoneMs = 25_000
const alarmsMax = 500

/** Answers how it all is. */
export function statusHandlers({ catalogue, context, version }: StatusParts): readonly Handler[] {
  return [
    defineHandler(getStatus, async ({ projectId }) => {
      const now = new Date(context.clock.nowMs())
      const alarms = await standingAlarms(catalogue, projectId)
      const workers = await catalogue
        .selectFrom('worker')
        .select(['id', 'hostname', 'pid', 'version', 'seenAt'])
        .where('seenAt', '>', new Date(now.getTime() - workerGoneMs))
        .orderBy('startedAt')
        .execute()
      // The worst comes first.
      const health: StatusView['health'] = alarms[0]?.severity ?? 'ok'
      return {
        health,
        version,
        at: now.toISOString(),
        ...(await counts(catalogue, projectId)),
        jobs: await jobCounts(catalogue, projectId, new Date(now.getTime() - dayMs)),
        workers: workers.map((worker) => ({ ...worker, seenAt: worker.seenAt.toISOString() })),
        protection: await protectionOf(catalogue, projectId, now),
        streams: (await listStreams(catalogue, projectId, now.getTime())).map((row) => streamView(row, now.getTime())),
        alarms,
      }
    }),
    defineHandler(listAlarms, async ({ projectId, query: { after, limit, active } }) => {
      const [raisedAt, id] = readCursor(after, ['instant', 'id']) ?? []
      let query = alarmRows(catalogue, projectId)
      if (active !== undefined) query = query.where('clearedAt', active ? 'is' : 'is not', null)
      if (raisedAt !== undefined && id !== undefined) {
        query = query.where(({ eb, refTuple, tuple }) => eb(refTuple('raisedAt', 'id'), '<', tuple(new Date(raisedAt), id)))
      }
      const rows = await query
        .orderBy('raisedAt', 'desc')
        .orderBy('id', 'desc')
        .limit(limit + 1)
        .execute()
      return pageOfRows(rows, limit, { keyOf: (row) => [row.raisedAt, row.id], itemOf: viewOf })
    }),
  ]
}

async function counts(catalogue: Catalogue, projectId: string): Promise<Pick<StatusView, 'sources' | 'vaults' | 'points'>> {
  const count = async (table: 'source' | 'vault' | 'point'): Promise<number> => {
    const { total } = await catalogue
      .selectFrom(table)
      .select(({ fn }) => fn.countAll<number>().as('total'))
      .where('projectId', '=', projectId)
      .where('deletionDate', 'is', null)
      .executeTakeFirstOrThrow()
    return total
  }
  return { sources: await count('source'), vaults: await count('vault'), points: await count('point') }
}

async function jobCounts(catalogue: Catalogue, projectId: string, since: Date): Promise<StatusView['jobs']> {
  const { rows } = await sql<StatusView['jobs']>`
    select count(*) filter (where state in ('CREATED', 'PENDING', 'RETRYING')) as waiting,
      count(*) filter (where state in ('RUNNING', 'ABORTING')) as running,
      count(*) filter (where state in ('FAILED', 'EXPIRED') and completed_at > ${since}) as failed_in_last_day
    from job
    where project_id = ${projectId} and (completed_at is null or completed_at > ${since})`.execute(catalogue)
  return rows[0] ?? { waiting: 0, running: 0, failedInLastDay: 0 }
}

async function standingAlarms(catalogue: Catalogue, projectId: string): Promise<AlarmView[]> {
  const rows = await alarmRows(catalogue, projectId)
    .where('clearedAt', 'is', null)
    .orderBy('severity')
    .orderBy('raisedAt', 'desc')
    .limit(alarmsMax)
    .execute()
  return rows.map(viewOf)
}

function alarmRows(catalogue: Catalogue, projectId: string) {
  return catalogue
    .selectFrom('alarm')
    .selectAll()
    .select(
      sql<string | null>`case alarm.subject_kind
        when 'source' then (select name from source where source.id = alarm.subject_id)
        when 'vault' then (select name from vault where vault.id = alarm.subject_id)
        when 'plan' then (select name from plan where plan.id = alarm.subject_id) end`.as('subjectName'),
    )
    .where('projectId', '=', projectId)
}

function viewOf(row: Selectable<AlarmTable> & { readonly subjectName: string | null }): AlarmView {
  return {
    id: row.id,
    kind: row.kind,
    severity: row.severity,
    subject: { kind: row.subjectKind, id: row.subjectId, name: row.subjectName },
    message: row.message,
    raisedAt: row.raisedAt.toISOString(),
    seenAt: row.seenAt.toISOString(),
    clearedAt: row.clearedAt?.toISOString() ?? null,
  }
}
