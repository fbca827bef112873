import type { Branch, BranchId, Mark, Position, Stamps } from '@coffre/connector'
import { type JsonRecord, markRow, RecordFields, readBranch, readEnd, readMark } from '../record-fields.ts'

/** Which tail a chain ends with. Whoever keeps it elsewhere can tell a chain that was cut short. */
export interface TailHead {
  readonly number: number
  /** The SHA-256 of the tail's header as it is stored. */
  readonly id: string
}

/** A part of the log, compressed and sealed on its own, so that none takes long and none fills the memory. */
export interface TailFrame {
  readonly sealedBytes: number
  readonly logBytes: number
  readonly isCompressed: boolean
}

/** Branches and the offsets at which their log ends. */
export type BranchEnds = readonly (readonly [BranchId, string])[]

/** What a tail says of itself: inside the MAC, since the MAC covers no names (rule J4). */
export interface TailHeader {
  readonly stream: string
  readonly number: number
  readonly epoch: number
  /** The id of the tail before; '' in the very first, and where an epoch was begun after a chain that could not be mended. */
  readonly previous: string
  readonly branch: BranchId
  readonly after: string
  readonly through: string
  /** Where the epoch begins, and all its branches so far: one tail is enough to know them. */
  readonly begin: Position
  readonly branches: readonly Branch[]
  /** Where the log of each branch ends with this tail. */
  readonly ends: BranchEnds
  readonly marks: readonly Mark[]
  readonly stamps: Stamps | undefined
  readonly logBytes: number
  /** Of the log itself: it ties the frames to this header, and is what a folded copy is compared with. */
  readonly sha256: string
  readonly frames: readonly TailFrame[]
}

/** The one scheme so far, under the vault's own key: others may seal to a key that their writer cannot open. */
const scheme = 1
const keyName = 'vault'

export function headerRecord(header: TailHeader): JsonRecord {
  const { stream, number, epoch, previous, branch, after, through, begin, branches, ends, marks, stamps, logBytes, sha256 } = header
  return {
    scheme,
    key: keyName,
    stream,
    number,
    epoch,
    previous,
    branch,
    after,
    through,
    begin,
    branches,
    ends,
    marks: marks.map(markRow),
    ...stamps,
    logBytes,
    sha256,
    frames: header.frames.map(({ sealedBytes, logBytes: raw, isCompressed }) => [sealedBytes, raw, isCompressed ? 1 : 0]),
  }
}

/** Undefined for a record of a scheme or key that is not known. `journal.damaged` when it makes no sense. */
export function readHeader(record: JsonRecord, what: string): TailHeader | undefined {
  const fields = new RecordFields(record, what)
  if (record['scheme'] !== scheme || record['key'] !== keyName) return undefined
  return {
    stream: fields.text('stream'),
    number: fields.whole('number'),
    epoch: fields.whole('epoch'),
    previous: fields.text('previous'),
    branch: fields.text('branch'),
    after: fields.text('after'),
    through: fields.text('through'),
    begin: fields.position('begin'),
    branches: fields.list('branches', readBranch),
    ends: fields.list('ends', readEnd),
    marks: fields.list('marks', readMark),
    stamps: fields.stamps(),
    logBytes: fields.whole('logBytes'),
    sha256: fields.text('sha256'),
    frames: fields.list('frames', readFrame),
  }
}

function readFrame(value: unknown, what: string): TailFrame {
  const row = Array.isArray(value) ? (value as unknown[]) : []
  const fields = new RecordFields({ sealedBytes: row[0], logBytes: row[1] }, what)
  return { sealedBytes: fields.whole('sealedBytes'), logBytes: fields.whole('logBytes'), isCompressed: row[2] === 1 }
}
