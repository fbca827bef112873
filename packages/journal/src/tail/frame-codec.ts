import { promisify } from 'node:util'
import { zstdDecompress } from 'node:zlib'
import type { BackgroundCompressor } from '@coffre/repository'

/** The most log that one frame holds: some milliseconds of work for whoever seals or opens it. */
export const frameBytesMax = 4 << 20

/** A frame whose log is compressed, if that was worth it, and not sealed yet. */
export interface OpenFrame {
  readonly content: Uint8Array
  readonly logBytes: number
  readonly isCompressed: boolean
}

const decompress = promisify(zstdDecompress)
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

/** The log in a frame, or undefined when it is not what it says. */
export async function logOfFrame({ content, logBytes, isCompressed }: OpenFrame): Promise<Uint8Array | undefined> {
  if (!isCompressed) return content.byteLength === logBytes ? content : undefined
  try {
    const log = await decompress(content, { chunkSize: Math.max(64, logBytes), maxOutputLength: logBytes })
    return log.byteLength === logBytes ? log : undefined
  } catch {
    // Damage of any kind: the caller says where.
    return undefined
  }
}
