import type { ChangeBatch, PointManifest, Position, ReplayRecord, ReplayStop, ReplayTarget } from '@coffre/connector'
import { CoffreError, throwIfAborted } from '@coffre/foundation'
import { type BaseDetails, readBaseDetails } from './base/base-details.ts'
import { formatLsn, type Lsn, parseLsn, walPlace, walPosition } from './wal/lsn.ts'
import { TargetFinder, type WalTarget } from './wal/target-finder.ts'
import type { TransactionEnd } from './wal/transaction-end.ts'

/** Finds where a replay stops for a target, and says as a detail what PostgreSQL is to be told. */
export async function locatePostgresql(
  log: AsyncIterable<ChangeBatch>,
  target: ReplayTarget,
  manifest: PointManifest,
  signal: AbortSignal,
): Promise<ReplayStop> {
  const base = readBaseDetails(manifest)
  const wanted = walTarget(target)
  const timelines = new Timelines(base.end.timeline)
  let finder: TargetFinder | undefined
  for await (const { after, bytes } of log) {
    throwIfAborted(signal)
    const { timeline, lsn } = walPlace(after)
    timelines.enter(timeline, lsn)
    const { major, segmentBytes, systemId } = base
    finder ??= new TargetFinder(wanted, { start: lsn, major, segmentBytes, systemId, checksums: true, atInvalid: 'fail' })
    // A branch may be delivered from before the place where it left its parent, whose log is the same until there.
    const known = finder.position - lsn
    if (known < 0)
      throw new CoffreError('journal.gap', `the log from ${formatLsn(finder.position)} to ${formatLsn(lsn)} is missing`)
    if (finder.push(bytes.subarray(known))) break
  }
  throwIfAborted(signal)
  const found = finder?.stop()
  if (found === undefined) return stopWithoutRecord(target, base)
  const through = timelines.positionOf(found.through)
  if (found.through < base.end.lsn) throw beforeBase(found.through, base)
  const { lastKept, firstLeftOut } = found
  return {
    through,
    ...(lastKept === undefined ? {} : { lastKept: replayRecord(lastKept, timelines) }),
    ...(firstLeftOut === undefined ? {} : { firstLeftOut: replayRecord(firstLeftOut, timelines) }),
    details: { targetLsn: formatLsn(found.targetLsn) },
  }
}

/** A log of no record holds every time that its marks prove, and nothing else. */
function stopWithoutRecord(target: ReplayTarget, base: BaseDetails): ReplayStop {
  if (target.kind === 'time') return { through: walPosition(base.end.timeline, base.end.lsn) }
  throw new CoffreError('journal.outside-window', `the log has no ${describeTarget(target)}`, {
    hint: 'It may lie before the base, in log that has expired, or not have happened yet. `coffre timeline` lists what there is.',
  })
}

function beforeBase(through: Lsn, { end }: BaseDetails): CoffreError {
  return new CoffreError(
    'journal.outside-window',
    `the target lies at ${formatLsn(through)}, before ${formatLsn(end.lsn)}, where the base stands on its own`,
    { hint: 'Choose a base that is older than the target, or a later target.' },
  )
}

function walTarget(target: ReplayTarget): WalTarget {
  switch (target.kind) {
    case 'time':
      return { kind: 'time', timeUs: target.us }
    case 'transaction':
      return { kind: 'transaction', xid: transactionId(target.id) }
    case 'name':
      return { kind: 'restore-point', name: target.name }
    case 'position':
      return { kind: 'lsn', lsn: parseLsn(target.text) }
  }
}

/** The server tells ids of 64 bits; the log has the lower half. */
function transactionId(text: string): number {
  if (/^[0-9]{1,20}$/.test(text)) return Number(BigInt(text) & 0xffff_ffffn)
  throw new CoffreError('usage.invalid', `'${text}' is not the id of a transaction`, {
    hint: 'Give the number that pg_current_xact_id() tells.',
  })
}

function describeTarget(target: ReplayTarget): string {
  if (target.kind === 'name') return `restore point '${target.name}'`
  return target.kind === 'position' ? `position ${target.text}` : `transaction ${target.kind === 'transaction' ? target.id : ''}`
}

function replayRecord({ kind, start, end, xid, timeUs }: TransactionEnd, timelines: Timelines): ReplayRecord {
  const verb = kind.startsWith('commit') ? 'commit' : 'rollback'
  const what = kind.endsWith('prepared') ? 'prepared transaction' : 'transaction'
  return { position: timelines.positionOf(end, start), us: timeUs, label: `${verb} of ${what} ${xid}` }
}

/** On which timeline the log lies that was looked at. */
class Timelines {
  readonly #begins: { readonly timeline: number; readonly lsn: Lsn }[]

  constructor(first: number) {
    this.#begins = [{ timeline: first, lsn: 0 }]
  }

  enter(timeline: number, lsn: Lsn): void {
    if (this.#begins.at(-1)?.timeline !== timeline) this.#begins.push({ timeline, lsn })
  }

  /** Where a record ends, on the timeline on which it begins. */
  positionOf(end: Lsn, start: Lsn = end - 1): Position {
    const begun = this.#begins.findLast(({ lsn }) => lsn <= start)
    return walPosition(begun?.timeline ?? 1, end)
  }
}
