import type { ChangeBatch, FoldedPiece, LogFormat, Position } from '@coffre/connector'
import { earlierOf, laterOf, type Stretch } from '../branch-tree.ts'
import type { FoldedFile } from '../fold/hour-index.ts'
import { journalDamaged, journalGap } from '../journal-error.ts'
import { ReusedRegion } from '../reused-region.ts'
import { describeTail, findTail, type StoredTail, type TailFile } from '../tail/stored-tail.ts'
import { TailReader } from '../tail/tail-reader.ts'
import { contentOfFile, type FoldedHour } from './folded-hour.ts'
import type { DayHour, LogContent } from './log-content.ts'
import { OverlapCheck } from './overlap-check.ts'
import { takeParts } from './take-parts.ts'

/**
 * The log of a stretch: from folded files where there are any, from tails elsewhere. `journal.gap` where there is neither, or why the
 * tails after do not count. All batches lie in the same memory, one after the other.
 */
export async function* readStretch(
  content: LogContent,
  format: LogFormat,
  stretch: Stretch,
  signal: AbortSignal,
): AsyncGenerator<ChangeBatch> {
  const { branch, through } = stretch
  const check = new OverlapCheck(content, branch, signal)
  const { workbench } = content.repository
  const memory = { tails: new TailReader(content.repository), files: new ReusedRegion(workbench.primitives) }
  let at = stretch.after
  for await (const { hour, file } of foldedFiles(content, stretch, signal)) {
    if (file.through <= at || at >= through) continue
    if (file.after > at) {
      yield* readTails(content, format, { branch, after: at, through: file.after }, memory.tails, signal)
      at = file.after
    }
    for await (const batch of readFile(content, format, hour, file, at, memory.files, signal)) {
      await check.see(batch)
      const wanted = clip(format, batch, at, through)
      if (wanted !== undefined) yield wanted
      at = batch.through.offset
      if (at >= through) return
    }
  }
  yield* readTails(content, format, { branch, after: at, through }, memory.tails, signal)
}

/** The hours that have log of a stretch. */
export function* hoursOf(content: LogContent, { branch, after, through }: Stretch): Generator<DayHour> {
  for (const hour of content.hours()) {
    const { runs } = hour.summary
    if (runs.some((run) => run.branch === branch && run.through > after && run.after < through)) yield hour
  }
}

/** The part of a batch that lies between two offsets; undefined when none does. */
function clip(format: LogFormat, batch: ChangeBatch, after: string, through: string): ChangeBatch | undefined {
  const { branch } = batch.after
  let { bytes } = batch
  if (batch.through.offset <= after || batch.after.offset >= through) return undefined
  const from = { branch, offset: laterOf(after, batch.after.offset) }
  const to = { branch, offset: earlierOf(through, batch.through.offset) }
  const end = to.offset === batch.through.offset ? bytes.byteLength : format.cut(batch, to)
  const begin = from.offset === batch.after.offset ? 0 : format.cut(batch, from)
  bytes = bytes.subarray(begin, end)
  return { ...batch, after: from, through: to, bytes }
}

async function* foldedFiles(
  content: LogContent,
  stretch: Stretch,
  signal: AbortSignal,
): AsyncGenerator<{ readonly hour: FoldedHour; readonly file: FoldedFile }> {
  for (const place of hoursOf(content, stretch)) {
    const hour = await content.hour(place, signal)
    for (const file of hour.index.files) if (file.branch === stretch.branch) yield { hour, file }
  }
}

/** The parts of a file that end after an offset. */
async function* readFile(
  content: LogContent,
  format: LogFormat,
  hour: FoldedHour,
  file: FoldedFile,
  after: string,
  memory: ReusedRegion,
  signal: AbortSignal,
): AsyncGenerator<ChangeBatch> {
  const { name, branch, logBytes, isComplete } = file
  const position = (offset: string): Position => ({ branch, offset })
  const piece: FoldedPiece = { name, after: position(file.after), through: position(file.through), logBytes, isComplete }
  const log = format.unfold(piece, contentOfFile(content.reader, hour, file, signal))
  yield* takeParts(log, file, after, memory)
}

async function* readTails(
  content: LogContent,
  format: LogFormat,
  { branch, after, through }: Stretch,
  reader: TailReader,
  signal: AbortSignal,
): AsyncGenerator<ChangeBatch> {
  const unusable = new Set<TailFile>()
  reader.expect(content.tails.filter(({ header }) => header.branch === branch && header.through > after && header.after < through))
  for (let at = after; at < through; ) {
    const tail = await nextTail(content, branch, at, unusable, signal)
    if (tail === undefined) {
      if (content.problem !== undefined) throw content.problem
      throw journalGap(`the vault has no log of ${content.stream} between ${branch}@${at} and ${branch}@${through}`)
    }
    const batch = clip(format, await reader.read(tail, signal), at, through)
    at = tail.header.through
    if (batch !== undefined) yield batch
  }
}

/** The tail that has the log after an offset, and most of it. */
async function nextTail(
  content: LogContent,
  branch: string,
  at: string,
  unusable: Set<TailFile>,
  signal: AbortSignal,
): Promise<StoredTail | undefined> {
  const has = (file: { branch: string; after: string; through: string }): boolean =>
    file.branch === branch && file.after <= at && file.through > at
  const known = content.tails.find(({ header }) => has(header))
  if (known !== undefined) return known
  const files = content.foldedTails.filter((file) => has(file) && !unusable.has(file))
  const [file] = files.toSorted((a, b) => (a.through > b.through ? -1 : 1))
  if (file === undefined) {
    const [broken] = unusable
    if (broken === undefined) return undefined
    throw journalDamaged(describeTail(content.stream, broken.number), 'is damaged')
  }
  const found = await findTail(content.repository, content.stream, file, signal)
  if (typeof found !== 'string') return found
  unusable.add(file)
  return nextTail(content, branch, at, unusable, signal)
}
