import type { BranchId, Mark, Stamps } from '@coffre/connector'
import type { ByteString } from '@coffre/foundation'
import { type JsonRecord, joinStamps, markRow, RecordFields, readMark } from '../record-fields.ts'

/** The file in the folder of an hour that says what the others are. */
export const hourIndexName = 'index.json'

/** A part of a file's log, as it came in one tail. */
export interface FoldedPart {
  readonly through: string
  readonly logBytes: number
  readonly stamps: Stamps | undefined
}

/** A file of log in the folder of an hour. */
export interface FoldedFile {
  readonly name: ByteString
  readonly branch: BranchId
  readonly after: string
  readonly through: string
  readonly logBytes: number
  readonly isComplete: boolean
  /** Together all of it. */
  readonly parts: readonly FoldedPart[]
}

export interface HourIndex {
  /** In the order of the log. */
  readonly files: readonly FoldedFile[]
  /** Names of what is no log. */
  readonly documents: readonly ByteString[]
  readonly marks: readonly Mark[]
}

export const emptyHour: HourIndex = { files: [], documents: [], marks: [] }

export function encodeHourIndex({ files, documents, marks }: HourIndex): Buffer {
  const record: JsonRecord = { files: files.map(fileRecord), documents, marks: marks.map(markRow) }
  return Buffer.from(`${JSON.stringify(record)}\n`)
}

/** `journal.damaged` when it makes no sense. */
export function decodeHourIndex(json: Uint8Array, what: string): HourIndex {
  const fields = RecordFields.parse(json, what)
  return {
    files: fields.list('files', readFile),
    documents: fields.list('documents', (value) => String(value)),
    marks: fields.list('marks', readMark),
  }
}

export function stampsOfFile({ parts }: FoldedFile): Stamps | undefined {
  return parts.reduce<Stamps | undefined>((joined, { stamps }) => joinStamps(joined, stamps), undefined)
}

function fileRecord({ parts, ...file }: FoldedFile): JsonRecord {
  return {
    ...file,
    parts: parts.map(({ through, logBytes, stamps }) => {
      const row = [through, logBytes]
      return stamps === undefined ? row : [...row, stamps.earliestUs, stamps.latestUs]
    }),
  }
}

function readFile(value: unknown, what: string): FoldedFile {
  const fields = new RecordFields(value, what)
  return {
    name: fields.text('name'),
    branch: fields.text('branch'),
    after: fields.text('after'),
    through: fields.text('through'),
    logBytes: fields.whole('logBytes'),
    isComplete: fields.isTrue('isComplete'),
    parts: fields.list('parts', readPart),
  }
}

function readPart(value: unknown, what: string): FoldedPart {
  const [through, logBytes, earliestUs, latestUs] = Array.isArray(value) ? (value as unknown[]) : []
  const fields = new RecordFields({ through, logBytes, ...(latestUs === undefined ? {} : { earliestUs, latestUs }) }, what)
  return { through: fields.text('through'), logBytes: fields.whole('logBytes'), stamps: fields.stamps() }
}
