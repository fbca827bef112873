import { CoffreError } from '@coffre/foundation'
import { formatLsn, type Lsn } from './lsn.ts'

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
