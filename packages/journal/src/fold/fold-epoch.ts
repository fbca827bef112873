import type { LogFormat } from '@coffre/connector'
import { formatPosition, type Mark, type Position } from '@coffre/connector'
import { dayMs } from '@coffre/foundation'
import {
  type BackupResult,
  BlobReader,
  backupItems,
  contentCutOf,
  type Id,
  LockSession,
  loadSnapshot,
  type RepositoryIndex,
} from '@coffre/repository'
import { earlierOf } from '../branch-tree.ts'
import { loadHour } from '../read/folded-hour.ts'
import { JournalReader } from '../read/journal-reader.ts'
import type { LogContent } from '../read/log-content.ts'
import type { StoredTail } from '../tail/stored-tail.ts'
import type { TailHead } from '../tail/tail-header.ts'
import { type DayDocument, encodeDay, type HourSummary } from './day-document.ts'
import { DayDraft, withMarks } from './day-draft.ts'
import { dayItems } from './day-items.ts'
import { dayLock } from './day-lock.ts'
import { FileCursor, type FoldRun, type NextFile } from './file-cursor.ts'
import type { FoldedPoint, FoldOptions, FoldSession } from './fold-options.ts'
import { beginOfDay, dayName, HourClock, hoursOfMarks } from './hour-clock.ts'
import type { FoldedFile } from './hour-index.ts'
import type { PointPlace } from './load-day.ts'
import { type LogPointLabels, logPointTags } from './log-point.ts'

/** Folds what waits of one epoch, one day's point after the other. One instance does it once. */
export class EpochFold {
  readonly #session: FoldSession
  readonly #index: RepositoryIndex
  readonly #content: LogContent
  readonly #format: LogFormat
  readonly #options: FoldOptions
  readonly #signal: AbortSignal
  readonly #reader: BlobReader
  readonly #drafts = new Map<number, DayDraft>()
  readonly #runs: FoldRun[] = []
  readonly #ends: Map<string, string>
  /** The hours of files that are folded once more. */
  readonly #hoursBefore = new Map<string, number>()
  readonly #hourOf = new Map<NextFile, number>()
  readonly #firstHourMs: number
  readonly #clock: HourClock
  /** The last day that marks of each tail belong to, or of any tail before it. */
  readonly #markDays = new Map<number, number>()
  #through: Position
  #lastTaken: FoldedFile | undefined

  constructor(
    session: FoldSession,
    index: RepositoryIndex,
    content: LogContent,
    format: LogFormat,
    options: FoldOptions,
    signal: AbortSignal,
  ) {
    this.#session = session
    this.#index = index
    this.#content = content
    this.#format = format
    this.#options = options
    this.#signal = signal
    this.#reader = new BlobReader(session.repository, index)
    const last = content.days.at(-1)?.document
    this.#firstHourMs = firstHourAfter(last)
    this.#clock = new HourClock(this.#marks, this.#firstHourMs, session.repository.context.clock.nowMs())
    this.#ends = new Map(last?.ends ?? [[content.tree.begin.branch, content.tree.begin.offset]])
    this.#through = last?.through ?? content.tree.begin
  }

  async fold(): Promise<FoldedPoint[]> {
    await this.#plan()
    if (this.#content.tails.length === 0 && !this.#isOver(this.#days.at(0))) return []
    const read = (after: string, through: Position) =>
      new JournalReader(this.#content, this.#format).readOnBranch(after, through, this.#signal)
    await using cursor = new FileCursor(this.#format, this.#runs, read, (id) => this.#content.tree.get(id) ?? { id }, this.#signal)
    const points: FoldedPoint[] = []
    for (let day = await this.#nextDay(cursor); day !== undefined; day = await this.#nextDay(cursor)) {
      points.push(await this.#storeDay(day, cursor))
      this.#drafts.delete(day.dayMs)
    }
    return points
  }

  /** Where the log that was folded begins, on each branch: what is to be read back. */
  get runs(): readonly FoldRun[] {
    return this.#runs
  }

  get #marks(): Mark[] {
    return this.#content.tails.flatMap(({ header }) => header.marks)
  }

  get #days(): number[] {
    return [...this.#drafts.keys()].sort((a, b) => a - b)
  }

  async #plan(): Promise<void> {
    const { days, tails, tree } = this.#content
    const last = days.at(-1)
    if (last !== undefined && !last.document.isClosed) {
      const dayMs = Date.parse(last.document.day)
      this.#drafts.set(dayMs, await DayDraft.of(dayMs, last, this.#reader, this.#signal))
    }
    for (const { branch, after, through } of runsOf(tails)) {
      const start = tree.notBeforeEpoch(this.#format.fileStart({ branch, offset: after })).offset
      this.#runs.push({ branch, after: earlierOf(start, after), through })
      for (const draft of [...this.#drafts.values()]) {
        const dropped = await draft.dropFrom(branch, start, this.#reader, this.#signal)
        for (const file of dropped) this.#hoursBefore.set(`${branch}@${file.after}`, file.hourMs)
      }
    }
    for (const [hourMs, marks] of hoursOfMarks(this.#marks, this.#firstHourMs)) {
      const hour = await this.#draftOf(hourMs).change(hourMs, this.#reader, this.#signal)
      hour.index = withMarks(hour.index, marks)
    }
    // Log begins with the file that a closed day has not completed; marks alone do not.
    if (last?.document.isClosed && this.#runs.length === 0) await this.#carryOver(last.point, last.document.hours)
    let latestMs = beginOfDay(this.#firstHourMs)
    for (const { number, header } of tails) {
      for (const { sourceMs } of header.marks) latestMs = Math.max(latestMs, beginOfDay(sourceMs))
      this.#markDays.set(number, latestMs)
    }
  }

  #draftOf(timeMs: number): DayDraft {
    const dayMs = beginOfDay(timeMs)
    const draft = this.#drafts.get(dayMs) ?? new DayDraft(dayMs, undefined)
    this.#drafts.set(dayMs, draft)
    return draft
  }

  async #nextDay(cursor: FileCursor): Promise<DayDraft | undefined> {
    const file = await cursor.peek()
    if (file !== undefined) this.#draftOf(this.#hourOfFile(file))
    const [dayMs] = this.#days
    return dayMs === undefined ? undefined : this.#drafts.get(dayMs)
  }

  #hourOfFile(file: NextFile): number {
    const { after } = file.log
    const known = this.#hourOf.get(file) ?? this.#hoursBefore.get(formatPosition(after)) ?? this.#clock.hourOf(after)
    this.#hourOf.set(file, known)
    return known
  }

  async #storeDay(draft: DayDraft, cursor: FileCursor): Promise<FoldedPoint> {
    const { repository, confirmed } = this.#session
    const { paths, programVersion, tags = [], packBytes } = this.#options
    let labels: LogPointLabels | undefined
    let hoursOfDay: readonly HourSummary[] = []
    const parts = {
      draft,
      cursor,
      reader: this.#reader,
      hourOf: (file: NextFile) => this.#hourOfFile(file),
      taken: (file: FoldedFile) => this.#taken(file),
      document: async (hours: readonly HourSummary[]) => {
        const isLast = (await cursor.peek()) === undefined && this.#days.length === 1
        const document = this.#describe(draft, hours, isLast)
        labels = document
        hoursOfDay = hours
        return encodeDay(document)
      },
    }
    const { lockDays: days } = this.#session
    const lock = await LockSession.open(repository, this.#index, days === undefined ? {} : { days }, this.#signal)
    const result = await backupItems(
      repository,
      this.#index,
      dayItems(parts, draft.dayMs + dayMs, this.#signal),
      {
        paths,
        programVersion,
        tags,
        lateTags: () => (labels === undefined ? [] : logPointTags(labels)),
        hostname: this.#options.hostname ?? repository.context.identity.hostname,
        parent: draft.before?.point.snapshot,
        compression: 'auto',
        verification: this.#options.verification ?? 'sampled',
        contentCut: await contentCutOf(repository, this.#signal),
        // It runs beside the capture, which comes first.
        threads: 1,
        skipIfUnchanged: false,
        confirmed,
        onError: (_path, error) => {
          throw error
        },
        ...(packBytes === undefined ? {} : { packBytes }),
        ...(lock === undefined ? {} : { lock: dayLock(repository, lock, () => labels?.isClosed ?? false) }),
      },
      this.#signal,
    )
    if (labels === undefined || result.snapshotId === undefined) throw new Error('a day was folded without a point')
    if (labels.isClosed) {
      const snapshot = await loadSnapshot(repository, result.snapshotId, this.#signal)
      await this.#carryOver({ ...labels, id: result.snapshotId, snapshot }, hoursOfDay)
    }
    return foldedPoint(result, result.snapshotId, labels)
  }

  #taken(file: FoldedFile): void {
    this.#lastTaken = file
    this.#ends.set(file.branch, file.through)
    this.#through = { branch: file.branch, offset: file.through }
  }

  #describe({ dayMs: dayStartMs }: DayDraft, hours: readonly HourSummary[], isLast: boolean): DayDocument {
    const { stream, epoch, tree, tails } = this.#content
    const { engine, layout } = this.#format
    const [first] = hours.flatMap(({ runs }) => runs)
    const through = this.#through
    return {
      engine,
      layout,
      stream,
      epoch,
      day: dayName(dayStartMs),
      isClosed: !isLast || this.#isOver(dayStartMs),
      begin: tree.begin,
      after: first === undefined ? through : { branch: first.branch, offset: first.after },
      through: isLast ? this.#content.end : through,
      tail: this.#coveredTail(dayStartMs, isLast),
      branches: tree.branches,
      ends: (isLast ? tails.at(-1)?.header.ends : undefined) ?? [...this.#ends],
      hours,
    }
  }

  /** The last tail of which nothing is left for a later day. */
  #coveredTail(dayStartMs: number, isLast: boolean): TailHead {
    const { tails, days } = this.#content
    const before = days.at(-1)?.point.tail
    const isCovered = ({ number, header }: StoredTail): boolean =>
      isLast || (header.through <= (this.#ends.get(header.branch) ?? '') && (this.#markDays.get(number) ?? 0) <= dayStartMs)
    const [first] = tails
    const at = tails.findIndex((tail) => !isCovered(tail))
    const covered = at < 0 ? tails.at(-1) : tails[at - 1]
    if (covered !== undefined) return { number: covered.number, id: covered.id }
    return before ?? { number: (first?.number ?? 1) - 1, id: first?.header.previous ?? '' }
  }

  #isOver(dayStartMs: number | undefined): boolean {
    if (dayStartMs === undefined) return false
    return this.#session.repository.context.clock.nowMs() >= dayStartMs + dayMs + this.#options.closeAfterMs
  }

  /** A file that crosses midnight is in both days, and so is one that is not complete: the next day is whole without this one. */
  async #carryOver(place: PointPlace, hours: readonly HourSummary[]): Promise<void> {
    const dayStartMs = Date.parse(place.day)
    const [nextMs] = this.#days.filter((other) => other > dayStartMs)
    const hour = hours.findLast(({ files }) => files > 0)
    if (nextMs === undefined || hour === undefined) return
    const { index, nodes } = await loadHour(this.#reader, place, hour.hour, this.#signal)
    const file = index.files.at(-1)
    const node = nodes.get(file?.name ?? '')
    if (file === undefined || node === undefined) return
    const isNew = this.#lastTaken?.branch === file.branch && this.#lastTaken.after === file.after
    if (file.isComplete && !(isNew && file.through > this.#lastMarkOf(file.branch, dayStartMs))) return
    const next = await this.#draftOf(nextMs).change(nextMs, this.#reader, this.#signal)
    next.nodes.set(file.name, node)
    next.index = { ...next.index, files: [file, ...next.index.files] }
  }

  /** How far the log of a branch had come at the end of a day, as far as marks tell. */
  #lastMarkOf(branch: string, dayStartMs: number): string {
    let offset = ''
    for (const [hourMs, marks] of hoursOfMarks(this.#marks, this.#firstHourMs)) {
      if (beginOfDay(hourMs) > dayStartMs) continue
      for (const { position } of marks) if (position.branch === branch && position.offset > offset) offset = position.offset
    }
    return offset
  }
}

function foldedPoint({ tree, counts, startMs, endMs }: BackupResult, id: Id, labels: LogPointLabels): FoldedPoint {
  const { epoch, day, isClosed, after, through } = labels
  return { id, tree, counts, startMs, endMs, epoch, day, isClosed, after, through }
}

/** Log of one branch after the other, each as long as it goes on without a fork. */
function runsOf(tails: readonly StoredTail[]): FoldRun[] {
  const runs: FoldRun[] = []
  for (const { header } of tails) {
    const { branch, after, through, logBytes } = header
    const last = runs.at(-1)
    if (logBytes === 0) continue
    if (last?.branch === branch && last.through === after) runs[runs.length - 1] = { ...last, through }
    else runs.push({ branch, after, through })
  }
  return runs
}

function firstHourAfter(document: DayDocument | undefined): number {
  if (document === undefined) return Number.NEGATIVE_INFINITY
  const dayStartMs = Date.parse(document.day)
  if (document.isClosed) return dayStartMs + dayMs
  return Math.max(dayStartMs, ...document.hours.map(({ hour }) => Date.parse(`${document.day}T${hour}:00Z`)))
}
