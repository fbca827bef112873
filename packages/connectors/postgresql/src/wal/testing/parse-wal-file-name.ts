import type { Lsn } from '../lsn.ts'

/** The file of a timeline that begins at `start`. */
export interface WalFile {
  readonly timeline: number
  readonly start: Lsn
}

const two32 = 2 ** 32

/** Undefined for what is not the name of a whole segment, such as a history file or `….partial`. */
export function parseWalFileName(name: string, segmentBytes: number): WalFile | undefined {
  if (!/^[0-9A-F]{24}$/.test(name)) return undefined
  const [timeline, high, low] = [0, 8, 16].map((at) => Number.parseInt(name.slice(at, at + 8), 16)) as [number, number, number]
  const perHigh = two32 / segmentBytes
  if (timeline === 0 || low >= perHigh) return undefined
  return { timeline, start: (high * perHigh + low) * segmentBytes }
}
