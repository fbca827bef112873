import type { Mark, Position, Stamps } from '@coffre/connector'
import { earlierOf, laterOf, type Stretch } from '../branch-tree.ts'
import type { FoldedFile } from '../fold/hour-index.ts'
import { outsideWindow } from '../journal-error.ts'
import type { DayHour, LogContent } from './log-content.ts'
import { isOn } from './read-marks.ts'
import { hoursOf } from './read-stretch.ts'

/** Where an instant is in the log. */
export type Located =
  /**
   * The first record that is stamped after the instant ends in (after, through], or later if the piece shares its stamps with its
   * neighbours; none before it is. `before` is where the piece before this one begins: the record may begin there.
   */
  | { readonly kind: 'piece'; readonly before: Position | undefined; readonly after: Position; readonly through: Position }
  /** No record is stamped after the instant, and the mark proves that it has passed. */
  | { readonly kind: 'end'; readonly through: Position; readonly provenBy: Mark }

/** A piece of log that has stamps of its own. */
interface StampedPiece {
  readonly branch: string
  readonly after: string
  readonly through: string
  readonly stamps: Stamps | undefined
}

export async function locate(content: LogContent, way: readonly Stretch[], atUs: number, signal: AbortSignal): Promise<Located> {
  const times = timesOf(content, way)
  if (times.firstUs === undefined || atUs < times.firstUs) throw outsideWindow(atUs, times.firstUs, times.lastUs)
  let before: StampedPiece | undefined
  for await (const piece of piecesOf(content, way, atUs, signal)) {
    if (piece.stamps !== undefined && piece.stamps.latestUs > atUs) return { kind: 'piece', ...placeOf(piece, before) }
    before = piece
  }
  const last = way.at(-1)
  const { lastMark } = times
  if (last === undefined || lastMark === undefined || lastMark.sourceMs * 1000 < atUs) {
    throw outsideWindow(atUs, times.firstUs, times.lastUs)
  }
  return { kind: 'end', through: { branch: last.branch, offset: last.through }, provenBy: lastMark }
}

function placeOf(piece: StampedPiece, before: StampedPiece | undefined) {
  return {
    before: before && { branch: before.branch, offset: before.after },
    after: { branch: piece.branch, offset: piece.after },
    through: { branch: piece.branch, offset: piece.through },
  }
}

/** The pieces of a way in order. */
async function* piecesOf(
  content: LogContent,
  way: readonly Stretch[],
  atUs: number,
  signal: AbortSignal,
): AsyncGenerator<StampedPiece> {
  for (const stretch of way) {
    let at = stretch.after
    for await (const piece of foldedPieces(content, stretch, atUs, signal)) {
      if (piece.through <= at) continue
      yield { ...piece, after: laterOf(piece.after, at) }
      at = piece.through
    }
    for (const { header } of content.tails) {
      const { branch, after, through, stamps } = header
      if (branch !== stretch.branch || through <= at || after >= stretch.through) continue
      yield { ...clipped({ branch, after, through, stamps }, stretch), after: laterOf(after, at) }
      at = through
    }
  }
}

/** Of hours that lie before the instant as a whole only those right before others, or the end, are read. */
async function* foldedPieces(
  content: LogContent,
  stretch: Stretch,
  atUs: number,
  signal: AbortSignal,
): AsyncGenerator<StampedPiece> {
  let passed: DayHour | undefined
  const piecesIn = async function* (hour: DayHour | undefined): AsyncGenerator<StampedPiece> {
    if (hour === undefined) return
    const { index } = await content.hour(hour, signal)
    for (const file of index.files) yield* partsOf(file, stretch)
  }
  for (const hour of hoursOf(content, stretch)) {
    const { stamps } = hour.summary
    if (stamps === undefined || stamps.latestUs <= atUs) {
      passed = hour
      continue
    }
    yield* piecesIn(passed)
    yield* piecesIn(hour)
    passed = undefined
  }
  yield* piecesIn(passed)
}

function partsOf({ branch, after, parts }: FoldedFile, stretch: Stretch): StampedPiece[] {
  if (branch !== stretch.branch) return []
  let begin = after
  const pieces = parts.map(({ through, stamps }) => {
    const piece = { branch, after: begin, through, stamps }
    begin = through
    return piece
  })
  return pieces
    .filter((piece) => piece.through > stretch.after && piece.after < stretch.through)
    .map((piece) => clipped(piece, stretch))
}

function clipped(piece: StampedPiece, { after, through }: Stretch): StampedPiece {
  return {
    ...piece,
    after: laterOf(piece.after, after),
    through: earlierOf(piece.through, through),
  }
}

/** What times a way tells of: by its marks and its stamps, without reading any index. */
function timesOf(content: LogContent, way: readonly Stretch[]) {
  let firstUs = Number.POSITIVE_INFINITY
  let lastUs = Number.NEGATIVE_INFINITY
  let lastMark: Mark | undefined
  const see = (stamps: Stamps | undefined, marks: readonly (Mark | undefined)[]): void => {
    firstUs = Math.min(firstUs, stamps?.earliestUs ?? firstUs)
    lastUs = Math.max(lastUs, stamps?.latestUs ?? lastUs)
    for (const mark of marks) {
      if (mark === undefined || !isOn(mark, way)) continue
      firstUs = Math.min(firstUs, mark.sourceMs * 1000)
      lastUs = Math.max(lastUs, mark.sourceMs * 1000)
      if (lastMark === undefined || mark.sourceMs >= lastMark.sourceMs) lastMark = mark
    }
  }
  const onWay = new Set(way.flatMap((stretch) => [...hoursOf(content, stretch)].map(({ summary }) => summary)))
  for (const { summary } of content.hours()) {
    see(onWay.has(summary) ? summary.stamps : undefined, [summary.firstMark, summary.lastMark])
  }
  for (const { header } of content.tails) {
    const isOnWay = way.some(
      ({ branch, after, through }) => header.branch === branch && header.through > after && header.after < through,
    )
    see(isOnWay ? header.stamps : undefined, header.marks)
  }
  return firstUs === Number.POSITIVE_INFINITY ? { firstUs: undefined, lastUs: undefined, lastMark } : { firstUs, lastUs, lastMark }
}
