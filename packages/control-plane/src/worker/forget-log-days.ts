import { logOf } from '@coffre/engine'
import { dayMs } from '@coffre/foundation'
import { type LogPoint, listLogPoints } from '@coffre/journal'
import { heldAt, loadVaultState, type Repository, recordKnown } from '@coffre/repository'
import { sql } from 'kysely'
import type { Catalogue } from '../catalogue/database.ts'
import type { Job } from '../jobs/job-store.ts'
import { PlannedRules, selectableSources } from '../plans/planned-rules.ts'
import { wantedStreams } from '../streams/wanted-streams.ts'
import { forgetUnlocked, lockEndMs } from './expire-job.ts'
import { storeNowMs } from './store-now.ts'
import type { WorkerParts } from './worker-parts.ts'

/** The log that a base needs begins before the base does: on a standby at its last checkpoint. */
const marginMs = dayMs

/**
 * Removes the days of a source's log that nobody can need any more: older than the window that is wanted, and wholly before the oldest
 * base that there is. What is locked or held stays. Resolves to how many went.
 */
export async function forgetLogDays(
  { catalogue, context }: Pick<WorkerParts, 'catalogue' | 'context'>,
  keeper: Repository,
  job: Pick<Job, 'projectId' | 'sourceId' | 'sourceName' | 'vaultId' | 'vaultName'>,
  signal: AbortSignal,
): Promise<number> {
  const oldest = await oldestBase(catalogue, job)
  if (oldest === undefined) return 0
  const nowMs = await storeNowMs(keeper, context.clock, signal)
  const windowMs = await windowOf(catalogue, job)
  const days = await listLogPoints(keeper, logOf(job.sourceName ?? ''), signal)
  const old = days.filter((day) => isOver(day, nowMs - windowMs) && isBefore(day, oldest))
  if (old.length === 0) return 0
  const state = await loadVaultState(keeper, signal)
  const held = heldAt(state, nowMs)
  const free = old.map(({ id }) => ({ snapshotId: id })).filter((row) => !held.snapshots.has(row.snapshotId))
  const wanted = free.filter((row) => lockEndMs(state, row) <= nowMs)
  const locked = await forgetUnlocked(keeper, wanted, held, signal)
  const gone = wanted.filter((row) => !locked.has(row))
  await recordKnown(keeper, { removed: gone.map(({ snapshotId: name }) => ({ type: 'snapshot', name })) }, signal)
  return gone.length
}

interface OldestBase {
  readonly createdAt: Date
  readonly branch: string | null
  readonly offset: string | null
}

/** Of all that still are, good ones or not. */
async function oldestBase(
  catalogue: Catalogue,
  { sourceId, vaultId }: Pick<Job, 'sourceId' | 'vaultId'>,
): Promise<OldestBase | undefined> {
  const { rows } = await sql<OldestBase>`
    select created_at, manifest->'begin'->>'branch' as branch, manifest->'begin'->>'offset' as offset
    from point
    where source_id = ${sourceId} and vault_id = ${vaultId} and deletion_date is null and state in ('COMPLETED', 'AVAILABLE')
    order by created_at limit 1`.execute(catalogue)
  return rows[0]
}

/** 0 when the rules name none: then the oldest base alone decides. */
async function windowOf(
  catalogue: Catalogue,
  { projectId, sourceId, vaultName }: Pick<Job, 'projectId' | 'sourceId' | 'vaultName'>,
): Promise<number> {
  const rules = await PlannedRules.load(catalogue, projectId)
  const source = (await selectableSources(catalogue, projectId)).find(({ id }) => id === sourceId)
  const wanted = source === undefined ? [] : wantedStreams(rules, source)
  return (wanted.find(({ vault }) => vault === vaultName)?.windowDays ?? 0) * dayMs
}

function isOver({ day, isClosed }: LogPoint, beforeMs: number): boolean {
  return isClosed && dayEndMs(day) < beforeMs
}

function isBefore({ day, through }: LogPoint, base: OldestBase): boolean {
  if (dayEndMs(day) + marginMs > base.createdAt.getTime()) return false
  return base.branch !== through.branch || (base.offset !== null && through.offset <= base.offset)
}

function dayEndMs(day: string): number {
  return Date.parse(`${day}T00:00:00Z`) + dayMs
}
