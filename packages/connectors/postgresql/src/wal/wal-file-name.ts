import { CoffreError } from '@coffre/foundation'
import { formatLsn, type Lsn } from './lsn.ts'

/** The file of a timeline that begins at `start`. */
export interface WalFile {
  readonly timeline: number
  readonly start: Lsn
}

const segmentBytesMin = 2 ** 20
const segmentBytesMax = 2 ** 30
const two32 = 2 ** 32

/** Where the segment begins that has the byte at `lsn`. */
export function segmentStart(lsn: Lsn, segmentBytes: number): Lsn {
  return lsn - (lsn % segmentBytes)
}

/** The name of the file that has the byte at `lsn`: timeline, upper and lower half of the segment's number, 8 hexadecimal digits each. */
export function walFileName(timeline: number, lsn: Lsn, segmentBytes: number): string {
  const segment = Math.floor(lsn / segmentBytes)
  const perHigh = two32 / segmentBytes
  return `${digits(timeline)}${digits(Math.floor(segment / perHigh))}${digits(segment % perHigh)}`
}

/** Undefined for what is not the name of a whole segment, such as a history file or `….partial`. */
export function parseWalFileName(name: string, segmentBytes: number): WalFile | undefined {
  if (!/^[0-9A-F]{24}$/.test(name)) return undefined
  const [timeline, high, low] = [0, 8, 16].map((at) => Number.parseInt(name.slice(at, at + 8), 16)) as [number, number, number]
  const perHigh = two32 / segmentBytes
  if (timeline === 0 || low >= perHigh) return undefined
  return { timeline, start: (high * perHigh + low) * segmentBytes }
}

/** A cluster is created with segments of a power of two from 1 MiB to 1 GiB; anything else was not read from one. */
export function checkSegmentBytes(segmentBytes: number, where: Lsn): number {
  const isPower = Number.isInteger(Math.log2(segmentBytes))
  if (isPower && segmentBytes >= segmentBytesMin && segmentBytes <= segmentBytesMax) return segmentBytes
  throw new CoffreError('source.failed', `the log at ${formatLsn(where)} claims segments of ${segmentBytes} bytes`, {
    hint: 'PostgreSQL knows segments of 1 MiB to 1 GiB: what was read is not its log.',
  })
}

function digits(value: number): string {
  return value.toString(16).toUpperCase().padStart(8, '0')
}
