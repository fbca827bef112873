import type { Branch, ChangeBatch, LogFormat, Mark, Position, SourceLog } from '@coffre/connector'
import { CoffreError, type Context, interruption, isCoffreError, throwIfAborted } from '@coffre/foundation'
import { askOnce, lookAtAll, type MemberState } from '../cluster.ts'
import { formatMember, type Member } from '../config.ts'
import type { Access } from '../connection/connect.ts'
import { ReplicationConnection } from '../connection/replication-connection.ts'
import { hasState } from '../connection/server-error.ts'
import { formatLsn, type Lsn, parseLsn, walPlace, walPosition } from '../wal/lsn.ts'
import { recordBoundary } from '../wal/record-boundary.ts'
import { WalLogFormat } from '../wal-log-format.ts'
import { flushNudge } from './flush-nudge.ts'
import { branchesOf, readHistory, successorOf, type TimelineHistory } from './history.ts'
import { RecordCutter, type RecordPiece } from './record-cutter.ts'
import { advanceSlot, ensureSlots, takeOverSlot } from './slots.ts'
import { SourceClock } from './source-clock.ts'
import { WalStream } from './wal-stream.ts'

/** Members that are not read from are told less often what they may discard. */
const othersEveryMs = 10_000
const flushWithinMs = 15_000
const flushPollMs = 50

/** The log of a cluster: read from its primary, by a physical slot. */
export class PostgresqlLog implements SourceLog {
  readonly #access: Access
  readonly #context: Context
  /** Ends with the source. */
  readonly #signal: AbortSignal
  #stream: { readonly wal: WalStream; readonly state: MemberState; readonly timeline: number } | undefined
  #othersToldMs = Number.NEGATIVE_INFINITY
  #isTelling = false
  #tellFailure: unknown

  constructor(access: Access, context: Context, signal: AbortSignal) {
    this.#access = access
    this.#context = context
    this.#signal = signal
  }

  async head(signal: AbortSignal): Promise<Mark> {
    const state = await this.#primary(signal)
    const sql = 'select extract(epoch from clock_timestamp()) * 1000 as ms, pg_current_wal_insert_lsn()::text as lsn'
    const row = await askOnce(this.#access, state.member, signal, sql)
    const lsn = recordBoundary(parseLsn(String(row['lsn'])), state.segmentBytes)
    return { position: walPosition(state.timeline, lsn), sourceMs: Number(row['ms']), capturedMs: this.#context.clock.nowMs() }
  }

  async branches(signal: AbortSignal): Promise<readonly Branch[]> {
    return branchesOf(await this.#history(await this.#primary(signal), signal))
  }

  async format(signal: AbortSignal): Promise<LogFormat> {
    return new WalLogFormat((await this.#primary(signal)).segmentBytes)
  }

  async *capture(after: Position, signal: AbortSignal): AsyncGenerator<ChangeBatch> {
    const both = AbortSignal.any([signal, this.#signal])
    const states = await this.#members(both)
    const state = primaryOf(states)
    await ensureSlots(this.#access, states, both)
    const history = await this.#history(state, both)
    let fork: Branch | undefined
    let { timeline, lsn } = walPlace(after)
    for (;;) {
      const successor = timeline === state.timeline ? undefined : successorOf(history, timeline)
      if (successor === undefined && timeline !== state.timeline) throw this.#diverged(after, state)
      if (successor === undefined || lsn < successor.forkedAt) lsn = yield* this.#follow(state, timeline, lsn, fork, both)
      // Only a timeline that another one follows has an end.
      if (successor === undefined) throw new CoffreError('source.unreachable', `timeline ${timeline} ended while it was followed`)
      fork = successor.branch
      timeline = walPlace({ branch: fork.id, offset: after.offset }).timeline
      lsn = successor.forkedAt
    }
  }

  async acknowledge(position: Position, signal: AbortSignal): Promise<void> {
    throwIfAborted(signal)
    const { timeline, lsn } = walPlace(position)
    if (this.#tellFailure !== undefined) throw this.#tellFailure
    const stream = this.#stream
    if (stream === undefined) return await this.#tell(this.#access.config.members, lsn, signal)
    if (stream.timeline === timeline) stream.wal.acknowledge(lsn)
    this.#tellOthers(stream.state.member, lsn)
  }

  /** Beside the capture, which a member that does not answer must not hold up. */
  #tellOthers(followed: Member, lsn: Lsn): void {
    const { clock } = this.#context
    const others = this.#access.config.members.filter((member) => formatMember(member) !== formatMember(followed))
    if (others.length === 0 || this.#isTelling || clock.monotonicMs() - this.#othersToldMs < othersEveryMs) return
    this.#isTelling = true
    this.#tell(others, lsn, this.#signal)
      .catch((error: unknown) => {
        this.#tellFailure = error
      })
      .finally(() => {
        this.#isTelling = false
        this.#othersToldMs = clock.monotonicMs()
      })
  }

  /** Log of one timeline from `start` on, until it ends: then resolves to where. */
  async *#follow(
    state: MemberState,
    timeline: number,
    start: Lsn,
    forkedTo: Branch | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<ChangeBatch, Lsn> {
    const { clock } = this.#context
    await using wal = await this.#begin(state, timeline, start, signal)
    await using marks = await SourceClock.start(this.#access, state, clock, signal)
    const followed = { wal, state, timeline }
    this.#stream = followed
    // Marks are of the newest timeline: a past one has come to its end, which is its proof.
    const markAt = (through: Lsn) => (timeline === state.timeline ? marks.take(through) : undefined)
    const batches = new BatchMaker(timeline, forkedTo)
    const cutter = new RecordCutter(state, timeline, start)
    try {
      for (let coming = watched(wal.next()); ; ) {
        const arrival = await marks.or(coming)
        const piece = arrival === undefined ? undefined : arrival.kind === 'log' ? cutter.push(arrival.bytes) : cutter.rest()
        if (arrival?.kind === 'log') coming = watched(wal.next())
        const mark = markAt(cutter.through)
        if (piece !== undefined || mark !== undefined) yield batches.make(cutter.through, piece, mark)
        if (arrival?.kind === 'end-of-timeline') return arrival.at
      }
    } catch (error) {
      if (signal.aborted) throw interruption(signal)
      throw this.#lost(error, timeline, start)
    } finally {
      if (this.#stream === followed) this.#stream = undefined
    }
  }

  async #begin(state: MemberState, timeline: number, start: Lsn, signal: AbortSignal): Promise<WalStream> {
    const { clock } = this.#context
    const begin = () => WalStream.begin(this.#access, state.member, { start, timeline, flushed: start }, clock, signal)
    await this.#untilFlushed(state, start, signal)
    try {
      return await begin()
    } catch (error) {
      if (!hasState(error, '55006')) throw this.#lost(error, timeline, start)
      await takeOverSlot(this.#access, state.member, clock, signal)
      return await begin()
    }
  }

  /** What was inserted last may not be flushed yet. Only what is flushed is sent, and to ask for more ends the stream once it has begun. */
  async #untilFlushed({ member, timeline }: MemberState, start: Lsn, signal: AbortSignal): Promise<void> {
    const { clock } = this.#context
    const deadlineMs = clock.monotonicMs() + flushWithinMs
    for (;;) {
      const sql = `select pg_current_wal_flush_lsn() >= $1::pg_lsn as is_flushed, lsn >= $1::pg_lsn as is_there, lsn::text as inserted
        from pg_current_wal_insert_lsn() as lsn`
      const row = await askOnce(this.#access, member, signal, sql, [formatLsn(start)])
      if (row['is_flushed'] === true) return
      if (row['is_there'] !== true) throw neverWritten(timeline, start, String(row['inserted']))
      if (clock.monotonicMs() > deadlineMs) throw neverFlushed(member, start)
      await askOnce(this.#access, member, signal, flushNudge)
      await clock.sleep(flushPollMs, signal)
    }
  }

  /** Log that the server no longer has, or never had, as what it is. */
  #lost(error: unknown, timeline: number, start: Lsn): unknown {
    const isGone = hasState(error, '58P01') || (hasState(error, '55000') && /slot/.test(error.report.message))
    if (!isGone) return error
    return new CoffreError(
      'source.position-lost',
      `PostgreSQL has no log from ${formatLsn(start)} of timeline ${timeline} on any more`,
      {
        cause: error,
        hint: 'Was the slot dropped or invalidated (max_slot_wal_keep_size)? A new base backup begins a new window; Coffre makes one by itself.',
      },
    )
  }

  #diverged(after: Position, state: MemberState): CoffreError {
    const { timeline, lsn } = walPlace(after)
    return new CoffreError(
      'source.position-lost',
      `timeline ${timeline} at ${formatLsn(lsn)} is not in the past of timeline ${state.timeline}, which ${formatMember(state.member)} is on`,
      { hint: 'The cluster was restored or remade. A new base backup begins a new window; Coffre makes one by itself.' },
    )
  }

  async #primary(signal: AbortSignal): Promise<MemberState> {
    return primaryOf(await this.#members(signal))
  }

  async #members(signal: AbortSignal): Promise<readonly MemberState[]> {
    return lookAtAll(this.#access, this.#context.clock, AbortSignal.any([signal, this.#signal]))
  }

  async #history(state: MemberState, signal: AbortSignal): Promise<TimelineHistory> {
    await using connection = await ReplicationConnection.open(this.#access, state.member, signal)
    return await readHistory(connection, state.timeline)
  }

  /** A member that cannot be told now keeps more of its log until the next time. */
  async #tell(members: readonly Member[], through: Lsn, signal: AbortSignal): Promise<void> {
    for (const member of members) {
      try {
        await advanceSlot(this.#access, member, through, signal)
      } catch (error) {
        if (!isCoffreError(error) || signal.aborted) throw error
      }
    }
  }
}

function primaryOf([first]: readonly MemberState[]): MemberState {
  if (first !== undefined && !first.isStandby) return first
  throw new CoffreError('source.unreachable', 'none of the members that answer is the primary, whose log has to be followed', {
    hint: 'Name the primary among the members of the source, or wait until a standby was promoted.',
  })
}

/** Written in this timeline as we knew it, and not in that of the server: it was started from an older state. */
function neverWritten(timeline: number, start: Lsn, inserted: string): CoffreError {
  return new CoffreError(
    'source.position-lost',
    `PostgreSQL's log of timeline ${timeline} ends at ${inserted}, before ${formatLsn(start)}, from where it has to be followed`,
    { hint: 'Was the server put back to an older state? A new base backup begins a new window; Coffre makes one by itself.' },
  )
}

function neverFlushed(member: Member, start: Lsn): CoffreError {
  return new CoffreError(
    'source.failed',
    `${formatMember(member)} has not flushed its log up to ${formatLsn(start)} for ${flushWithinMs / 1000} s`,
    { hint: 'Are its disks stuck, or is its WAL writer? pg_stat_activity shows what it waits for.' },
  )
}

const nothing = new Uint8Array(0)

/** Makes batches of one timeline; the first one says from which it forks. */
class BatchMaker {
  readonly #timeline: number
  #fork: Branch | undefined

  constructor(timeline: number, fork: Branch | undefined) {
    this.#timeline = timeline
    this.#fork = fork
  }

  make(through: Lsn, piece: RecordPiece | undefined, mark: Mark | undefined): ChangeBatch {
    const { bytes = nothing, stamps } = piece ?? {}
    const batch = {
      after: walPosition(this.#timeline, through - bytes.length),
      through: walPosition(this.#timeline, through),
      bytes,
      ...(mark === undefined ? {} : { mark }),
      ...(stamps === undefined ? {} : { stamps }),
      ...(this.#fork === undefined ? {} : { fork: this.#fork }),
    }
    this.#fork = undefined
    return batch
  }
}

/** What is asked for ahead may fail while nobody waits for it; whoever waits next is told. */
function watched<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => undefined)
  return promise
}
