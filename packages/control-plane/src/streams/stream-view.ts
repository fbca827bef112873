import type { StreamView } from '@coffre/api-contract'
import { type RawBuilder, sql } from 'kysely'
import type { Catalogue } from '../catalogue/database.ts'
import type { StreamState } from '../catalogue/tables/stream-table.ts'
import { isUsableBase } from './usable-base.ts'

export interface StreamRow {
  readonly sourceId: string
  readonly sourceName: string
  readonly vaultId: string
  readonly vaultName: string
  readonly state: StreamState
  readonly epoch: number | null
  readonly windowFrom: Date | null
  readonly windowThrough: Date | null
  readonly markedAt: Date | null
  readonly sealedAt: Date | null
  readonly gapAt: Date | null
  readonly clockSkewMs: number | null
  readonly capturedBytes: number
  readonly unfoldedBytes: number
  readonly isBaseNeeded: boolean
  readonly errorCode: string | null
  readonly errorMessage: string | null
  readonly createdAt: Date
  /** Since when its capture has been wanted and was not there. */
  readonly failedAt: Date | null
}

/**
 * The streams of a project's sources, by the names of source and vault. One whose worker has ended, however it did, is being started again,
 * whatever it told last.
 */
export async function listStreams(catalogue: Catalogue, projectId: string, nowMs: number): Promise<StreamRow[]> {
  const { rows } = await sql<StreamRow>`
    select stream.source_id, source.name as source_name, stream.vault_id, vault.name as vault_name, stream.epoch,
      case when stream.state = 'CAPTURING' and not ${isHeld(nowMs)} then 'STARTING' else stream.state end as state,
      usable.window_from, stream.window_through, stream.marked_at, stream.sealed_at, stream.gap_at, stream.clock_skew_ms,
      stream.captured_bytes, stream.unfolded_bytes, stream.error_code, stream.error_message, stream.created_at,
      stream.epoch is not null and usable.window_from is null as is_base_needed,
      (select completed_at from job
        where job.kind = 'CAPTURE' and job.source_id = stream.source_id and job.vault_id = stream.vault_id
        order by job.created_at desc limit 1) as failed_at
    from stream
    join source on source.id = stream.source_id
    join vault on vault.id = stream.vault_id
    left join lateral (
      select min(coalesce(point.consistent_at, point.completed_at)) as window_from from point where ${isUsableBase}
    ) usable on true
    where stream.project_id = ${projectId} and source.deletion_date is null and vault.deletion_date is null
    order by source.name, vault.name`.execute(catalogue)
  return rows
}

/** Whether a worker captures the stream now. */
function isHeld(nowMs: number): RawBuilder<boolean> {
  return sql`exists (select from job where job.kind = 'CAPTURE' and job.source_id = stream.source_id and job.vault_id = stream.vault_id
    and job.state in ('RUNNING', 'ABORTING') and job.lease_until > ${new Date(nowMs)})`
}

/** How old the newest second is that can be restored; undefined before there is one, and of a stream that was stopped. */
export function lagMsOf({ markedAt, state }: Pick<StreamRow, 'markedAt' | 'state'>, nowMs: number): number | undefined {
  return markedAt === null || state === 'STOPPED' ? undefined : Math.max(0, nowMs - markedAt.getTime())
}

export function streamView(row: StreamRow, nowMs: number): StreamView {
  const lagMs = lagMsOf(row, nowMs)
  const iso = (at: Date | null): string | null => at?.toISOString() ?? null
  return {
    source: { id: row.sourceId, name: row.sourceName },
    vault: { id: row.vaultId, name: row.vaultName },
    state: row.state,
    epoch: row.epoch,
    windowFrom: iso(beginOf(row)),
    windowThrough: iso(row.windowThrough),
    lagSeconds: lagMs === undefined ? null : Math.round(lagMs / 100) / 10,
    clockSkewMs: row.clockSkewMs,
    capturedBytes: row.capturedBytes,
    unfoldedBytes: row.unfoldedBytes,
    isBaseNeeded: row.isBaseNeeded,
    error: row.errorCode === null ? null : { code: row.errorCode, detail: row.errorMessage ?? '' },
  }
}

/** A base that the log does not reach beyond yet cannot be restored to any instant. */
function beginOf({ windowFrom, windowThrough }: StreamRow): Date | null {
  return windowFrom !== null && windowThrough !== null && windowFrom <= windowThrough ? windowFrom : null
}
