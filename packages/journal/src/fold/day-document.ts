import type { Branch, Mark, Position, Stamps } from '@coffre/connector'
import type { Stretch } from '../branch-tree.ts'
import { type JsonRecord, joinStamps, markRow, RecordFields, readBranch, readEnd, readMark } from '../record-fields.ts'
import type { BranchEnds, TailHead } from '../tail/tail-header.ts'
import { type HourIndex, stampsOfFile } from './hour-index.ts'

/** `coffre.json` at the root of the point of a day: what the log in it is, for Coffre and for people. */
export const dayDocumentName = 'coffre.json'

/** What the folder of an hour holds; its own index has the rest. */
export interface HourSummary {
  /** UTC, `00` to `23`: the folder's name. */
  readonly hour: string
  /** The log in its files, by branch. */
  readonly runs: readonly Stretch[]
  readonly stamps: Stamps | undefined
  readonly files: number
  readonly logBytes: number
  readonly firstMark: Mark | undefined
  readonly lastMark: Mark | undefined
}

export interface DayDocument {
  readonly engine: string
  readonly layout: number
  readonly stream: string
  readonly epoch: number
  readonly day: string
  readonly isClosed: boolean
  /** Where the epoch began. */
  readonly begin: Position
  readonly after: Position
  readonly through: Position
  readonly tail: TailHead
  readonly branches: readonly Branch[]
  /** Where the log of each branch ends with this point. */
  readonly ends: BranchEnds
  readonly hours: readonly HourSummary[]
}

export function encodeDay({ hours, ...day }: DayDocument): Buffer {
  return Buffer.from(`${JSON.stringify({ ...day, hours: hours.map(hourRecord) }, undefined, 2)}\n`)
}

/** `journal.damaged` when it makes no sense. */
export function decodeDay(json: Uint8Array, what: string): DayDocument {
  const fields = RecordFields.parse(json, what)
  const tail = fields.object('tail')
  return {
    engine: fields.text('engine'),
    layout: fields.whole('layout'),
    stream: fields.text('stream'),
    epoch: fields.whole('epoch'),
    day: fields.text('day'),
    isClosed: fields.isTrue('isClosed'),
    begin: fields.position('begin'),
    after: fields.position('after'),
    through: fields.position('through'),
    tail: { number: tail.whole('number'), id: tail.text('id') },
    branches: fields.list('branches', readBranch),
    ends: fields.list('ends', readEnd),
    hours: fields.list('hours', readHour),
  }
}

export function summarise(hour: string, { files, marks }: HourIndex): HourSummary {
  const runs: Stretch[] = []
  for (const { branch, after, through } of files) {
    const last = runs.at(-1)
    if (last?.branch === branch && last.through === after) runs[runs.length - 1] = { ...last, through }
    else runs.push({ branch, after, through })
  }
  return {
    hour,
    runs,
    stamps: files.map(stampsOfFile).reduce(joinStamps, undefined),
    files: files.length,
    logBytes: files.reduce((total, { logBytes }) => total + logBytes, 0),
    firstMark: marks.at(0),
    lastMark: marks.at(-1),
  }
}

function hourRecord({ stamps, firstMark, lastMark, ...hour }: HourSummary): JsonRecord {
  return {
    ...hour,
    ...stamps,
    ...(firstMark === undefined ? {} : { firstMark: markRow(firstMark) }),
    ...(lastMark === undefined ? {} : { lastMark: markRow(lastMark) }),
  }
}

function readHour(value: unknown, what: string): HourSummary {
  const fields = new RecordFields(value, what)
  const mark = (name: string): Mark | undefined =>
    fields.has(name) ? readMark((value as JsonRecord)[name], `${name} of ${what}`) : undefined
  return {
    hour: fields.text('hour'),
    runs: fields.list('runs', readRun),
    stamps: fields.stamps(),
    files: fields.whole('files'),
    logBytes: fields.whole('logBytes'),
    firstMark: mark('firstMark'),
    lastMark: mark('lastMark'),
  }
}

function readRun(value: unknown, what: string): Stretch {
  const fields = new RecordFields(value, what)
  return { branch: fields.text('branch'), after: fields.text('after'), through: fields.text('through') }
}
