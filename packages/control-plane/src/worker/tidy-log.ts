import { dayMs } from '@coffre/foundation'
import { type LogPoint, listLogPoints, retireStream } from '@coffre/journal'
import { extendHold, heldAt, loadIndex, loadVaultState, type Repository, recordKnown, releaseHold } from '@coffre/repository'
import type { Catalogue } from '../catalogue/database.ts'
import { activeJobStates } from '../jobs/job-transitions.ts'
import { type LogHold, type LogPlace, type NeededBase, type NeededLog, neededLog } from '../streams/needed-log.ts'
import { forgetUnlocked, lockEndMs } from './expire-job.ts'
import { storeNowMs } from './store-now.ts'
import type { WorkerParts } from './worker-parts.ts'

/** The log that a base needs begins before the base does: on a standby at its last checkpoint. */
const marginMs = dayMs

export interface TidiedLog {
  /** Days that a legal hold of the vault holds from now on. */
  readonly held: number
  readonly forgotten: number
}

/**
 * Has the vault hold the closed days of a log that legal holds bind, and removes the days that nobody can need any more: older than the
 * window that is wanted, and wholly before all bases that the window needs. A log that nobody captures, and has no base, goes as a whole.
 * What is locked or held stays for a later time. `keeper` is the vault with credentials that may remove, locked beside others.
 */
export async function tidyLog(
  { catalogue, context }: Pick<WorkerParts, 'catalogue' | 'context'>,
  keeper: Repository,
  place: LogPlace,
  signal: AbortSignal,
): Promise<TidiedLog> {
  const nowMs = await storeNowMs(keeper, context.clock, signal)
  const needed = await neededLog(catalogue, place, nowMs)
  const days = await listLogPoints(keeper, place.logName, signal)
  let held = 0
  for (const hold of needed.holds) if (!hold.isLifted) held += await holdDays(catalogue, keeper, hold, days, signal)
  const isNeeded = needed.isAbandoned ? () => false : keeps(needed, days)
  const gone = await forget(
    keeper,
    days.filter((day) => !isNeeded(day) && !isBound(day, needed.holds)),
    nowMs,
    signal,
  )
  const left = days.filter((day) => !gone.includes(day))
  if (needed.isAbandoned) {
    const { kept } = await retireStream(keeper, place.logName, signal)
    if (kept + left.length === 0) await forgetStream(catalogue, place)
  } else if (gone.length > 0) await moveBegin(catalogue, place, gone, left)
  return { held, forgotten: gone.length }
}

function keeps({ bases, windowBeginMs }: NeededLog, days: readonly LogPoint[]): (day: LogPoint) => boolean {
  // What comes next is chained to the newest one.
  const newest = Math.max(...days.map(({ tail }) => tail.number))
  return (day) =>
    bases === undefined ||
    !day.isClosed ||
    day.tail.number === newest ||
    dayEndMs(day) >= windowBeginMs ||
    bases.some((base) => !isBefore(day, base))
}

function isBefore({ day, through }: LogPoint, { beginMs, branch, offset }: NeededBase): boolean {
  if (dayEndMs({ day }) + marginMs > beginMs) return false
  return branch !== through.branch || through.offset <= offset
}

function isBound(day: LogPoint, holds: readonly LogHold[]): boolean {
  return holds.some(({ fromMs, untilMs }) => dayEndMs(day) > fromMs - marginMs && dayStartMs(day) < untilMs)
}

async function forget(keeper: Repository, old: readonly LogPoint[], nowMs: number, signal: AbortSignal): Promise<LogPoint[]> {
  if (old.length === 0) return []
  const state = await loadVaultState(keeper, signal)
  const held = heldAt(state, nowMs)
  const wanted = old
    .map((day) => ({ day, snapshotId: day.id }))
    .filter((row) => !held.snapshots.has(row.snapshotId) && lockEndMs(state, row) <= nowMs)
  const locked = await forgetUnlocked(keeper, wanted, held, signal)
  const gone = wanted.filter((row) => !locked.has(row)).map(({ day }) => day)
  await recordKnown(keeper, { removed: gone.map(({ id: name }) => ({ type: 'snapshot', name })) }, signal)
  return gone
}

/** Resolves to how many the vault holds now that it did not before. */
async function holdDays(
  catalogue: Catalogue,
  keeper: Repository,
  hold: LogHold,
  days: readonly LogPoint[],
  signal: AbortSignal,
): Promise<number> {
  const bound = days.filter((day) => day.isClosed && isBound(day, [hold])).map(({ id }) => id)
  const { holds } = await loadVaultState(keeper, signal)
  const known = holds.get(hold.name)?.snapshots
  const snapshots = bound.filter((id) => known?.has(id) !== true)
  if (snapshots.length === 0) return 0
  const index = await loadIndex(keeper, {}, signal)
  await extendHold(keeper, index, { name: hold.name, reason: hold.title, snapshots }, signal)
  // Lifted meanwhile, its job may have released it before.
  const { state } = await catalogue.selectFrom('hold').select('state').where('id', '=', hold.id).executeTakeFirstOrThrow()
  if (state === 'CANCELING' || state === 'CANCELED') await releaseHold(keeper, hold.name, signal)
  return snapshots.length
}

/** Bases that the log no longer follows cannot be rolled forward from now on. */
async function moveBegin(
  catalogue: Catalogue,
  { vaultId, logName }: LogPlace,
  gone: readonly LogPoint[],
  left: readonly LogPoint[],
): Promise<void> {
  const last = gone.at(-1)
  const first = left.find(({ epoch, tail }) => epoch === last?.epoch && tail.number > last.tail.number)
  if (first === undefined) return
  await catalogue
    .updateTable('stream')
    .set({ epochAt: new Date(dayStartMs(first)), epochBranch: first.after.branch, epochOffset: first.after.offset })
    .where('vaultId', '=', vaultId)
    .where('logName', '=', logName)
    .where('epoch', '=', first.epoch)
    .execute()
}

async function forgetStream(catalogue: Catalogue, { vaultId, logName }: LogPlace): Promise<void> {
  await catalogue
    .deleteFrom('stream')
    .where('vaultId', '=', vaultId)
    .where('logName', '=', logName)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('job')
            .whereRef('job.sourceId', '=', 'stream.sourceId')
            .whereRef('job.vaultId', '=', 'stream.vaultId')
            .where('job.kind', '=', 'CAPTURE')
            .where('job.state', 'in', activeJobStates),
        ),
      ),
    )
    .execute()
}

function dayStartMs({ day }: Pick<LogPoint, 'day'>): number {
  return Date.parse(`${day}T00:00:00Z`)
}

function dayEndMs(day: Pick<LogPoint, 'day'>): number {
  return dayStartMs(day) + dayMs
}
