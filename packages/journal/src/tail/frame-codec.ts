import type { BackgroundCompressor } from '@coffre/repository'

/** The most log that one frame holds: some milliseconds of work for whoever seals or opens it. */
export const frameBytesMax = 4 << 20

/** A frame whose log is compressed, if that was worth it, and not sealed yet. */
export interface OpenFrame {
  readonly content: Uint8Array
  readonly logBytes: number
  readonly isCompressed: boolean
}

/** What shrinks by less than 3 % is kept as it is. */
const worthwhile = 0.97

/**
 * Compresses on a thread of its own. Neither `log` nor `target`, which has room for `frameBytesMax`, must change until then; one of them
 * holds the frame's content from then on.
 */
export async function newFrame(compressor: BackgroundCompressor, log: Buffer, target: Buffer): Promise<OpenFrame> {
  const logBytes = log.byteLength
  const size = await compressor.compress(target.subarray(0, Math.floor(logBytes * worthwhile)), log, 1)
  return size > 0
    ? { content: target.subarray(0, size), logBytes, isCompressed: true }
    : { content: log, logBytes, isCompressed: false }
}
