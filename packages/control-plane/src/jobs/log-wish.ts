import type { LogTarget } from '@coffre/api-contract'
import { CoffreError } from '@coffre/foundation'
import { type RawBuilder, sql } from 'kysely'
import type { Catalogue } from '../catalogue/database.ts'
import { PlannedRules, selectableSources } from '../plans/planned-rules.ts'
import { findSourceRow } from '../sources/source-view.ts'
import { isUsableBase } from '../streams/usable-base.ts'
import { wantedStreams } from '../streams/wanted-streams.ts'
import type { LogWish } from './job-request.ts'

/** A log of a source, in one vault, as far as the catalogue knows of it. */
export interface KnownLog {
  readonly sourceId: string
  readonly sourceName: string
  readonly engine: string
  readonly accountLabel: string
  readonly regionLabel: string
  readonly vaultId: string
  readonly vaultName: string
  readonly vaultLocation: string
  readonly windowFrom: Date | null
  readonly windowThrough: Date | null
  /** Of the oldest base of any epoch: what lies before it cannot be restored. */
  readonly oldestAt: Date | null
}

/** The logs of a source, also of one that was deleted: those that were captured, and those that rules want; the newest first. */
export async function knownLogs(catalogue: Catalogue, projectId: string, idOrName: string): Promise<KnownLog[]> {
  const source = await findSourceRow(catalogue, projectId, idOrName)
  const isMeant = source === undefined ? sql<boolean>`source.name = ${idOrName}` : sql<boolean>`source.id = ${source.id}`
  const captured = await logsWhere(catalogue, projectId, sql`${isMeant} and stream.id is not null`)
  if (captured.length > 0 || source === undefined) return captured
  // A catalogue that was rebuilt knows of plans, and of no stream until the credentials of the source are entered again.
  const rules = await PlannedRules.load(catalogue, projectId)
  const selectable = (await selectableSources(catalogue, projectId)).find(({ id }) => id === source.id)
  const vaults = selectable === undefined ? [] : wantedStreams(rules, selectable).map(({ vault }) => vault)
  return vaults.length === 0 ? [] : logsWhere(catalogue, projectId, sql`${isMeant} and vault.name in (${sql.join(vaults)})`)
}

async function logsWhere(catalogue: Catalogue, projectId: string, condition: RawBuilder<unknown>): Promise<KnownLog[]> {
  const { rows } = await sql<KnownLog>`
    select source.id as source_id, source.name as source_name, source.engine, source.account_label, source.region_label,
      vault.id as vault_id, vault.name as vault_name, vault.location as vault_location, stream.window_through,
      (select min(coalesce(point.consistent_at, point.completed_at)) from point where ${isUsableBase}) as window_from,
      (select min(coalesce(point.consistent_at, point.completed_at)) from point
        where point.source_id = source.id and point.vault_id = vault.id and point.deletion_date is null
          and point.state in ('COMPLETED', 'AVAILABLE')) as oldest_at
    from source
    cross join vault
    left join stream on stream.source_id = source.id and stream.vault_id = vault.id
    where source.project_id = ${projectId} and vault.project_id = ${projectId} and vault.deletion_date is null and ${condition}
    order by stream.window_through desc nulls last, vault.name`.execute(catalogue)
  return rows
}

/** What is wanted back, and out of which log. `journal.outside-window` with the bounds when no log can have it. */
export interface ChosenLog {
  readonly log: KnownLog
  readonly wish: LogWish
}

/**
 * Chooses the log for a target: of several that whose window has it. What the catalogue knows for certain is refused here, at once; all
 * else is for the vault to say.
 */
export function chooseLog(logs: readonly KnownLog[], target: LogTarget, nowMs: number): ChosenLog {
  const [newest] = logs
  if (newest === undefined) throw new Error('there is no log to choose from')
  const { at, branch } = target
  const atMs = at === undefined ? undefined : Date.parse(at)
  if (atMs !== undefined && at !== undefined) refuseOutside(newest.sourceName, logs, atMs, at, nowMs)
  const fitting = logs.find((log) => atMs !== undefined && isWithin(log, atMs))
  const log = fitting ?? newest
  return { log, wish: { engine: log.engine, target: replayTarget(target), ...(branch === undefined ? {} : { branch }) } }
}

/** Whether anything was said that only a log can give. */
export function namesLogTarget({ transaction, position, marker, latest, branch }: LogTarget): boolean {
  return transaction !== undefined || position !== undefined || marker !== undefined || latest || branch !== undefined
}

export function noLog(name: string): CoffreError {
  return new CoffreError('usage.invalid', `${name} has no continuous log`, {
    hint: 'Restore one of its points: `--point ID`, or `--at TIME` for the newest by then. `coffre protect --continuous` captures a log.',
  })
}

function replayTarget({ at, transaction, position, marker, latest }: LogTarget): LogWish['target'] {
  const targets: LogWish['target'][] = [
    ...(at === undefined ? [] : [{ kind: 'time' as const, us: microsecondsOf(at) }]),
    ...(transaction === undefined ? [] : [{ kind: 'transaction' as const, id: transaction }]),
    ...(position === undefined ? [] : [{ kind: 'position' as const, text: position }]),
    ...(marker === undefined ? [] : [{ kind: 'name' as const, name: marker }]),
    ...(latest ? [{ kind: 'latest' as const }] : []),
  ]
  if (targets.length > 1) {
    throw new CoffreError('usage.invalid', `a restore has one target, not ${targets.length}`, {
      hint: 'Give one of a time, a position, a transaction, a named point, or the latest.',
    })
  }
  return targets[0] ?? { kind: 'latest' }
}

/** Since 1970, with the digits that a Date leaves out. */
export function microsecondsOf(instant: string): number {
  const [, digits = ''] = /\.(\d+)/.exec(instant) ?? []
  return Math.floor(Date.parse(instant) / 1000) * 1_000_000 + Number(digits.slice(0, 6).padEnd(6, '0'))
}

function isWithin({ windowFrom, windowThrough }: KnownLog, atMs: number): boolean {
  return windowFrom !== null && windowThrough !== null && windowFrom.getTime() <= atMs && atMs <= windowThrough.getTime()
}

function refuseOutside(name: string, logs: readonly KnownLog[], atMs: number, at: string, nowMs: number): void {
  const oldestMs = Math.min(...logs.map(({ oldestAt }) => oldestAt?.getTime() ?? Number.POSITIVE_INFINITY))
  const isFuture = atMs > nowMs
  // Of a log that only its vault knows of nothing is certain.
  if (!isFuture && (atMs >= oldestMs || oldestMs === Number.POSITIVE_INFINITY)) return
  const through = logs[0]?.windowThrough?.toISOString() ?? 'now'
  const from = oldestMs === Number.POSITIVE_INFINITY ? 'its first base on' : new Date(oldestMs).toISOString()
  throw new CoffreError(
    'journal.outside-window',
    `${at} lies ${isFuture ? 'in the future' : 'before the oldest base'}: ${name} can be restored from ${from} through ${through}`,
    { hint: 'Choose a time within the window: `coffre timeline NAME` shows it.' },
  )
}
