import { promisify } from 'node:util'
import { constants, zstdCompress, zstdDecompress } from 'node:zlib'

/** The most log that one frame holds: some milliseconds of work for whoever seals or opens it. */
export const frameBytesMax = 4 << 20

/** A frame whose log is compressed, if that was worth it, and not sealed yet. */
export interface OpenFrame {
  readonly content: Uint8Array
  readonly logBytes: number
  readonly isCompressed: boolean
}

const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)
/** What shrinks by less than 3 % is kept as it is. */
const worthwhile = 0.97

/** Compresses on a thread of its own. `log` must not change until then. */
export async function newFrame(log: Uint8Array): Promise<OpenFrame> {
  const logBytes = log.byteLength
  const content = await compress(log, {
    // In one piece: by default it would be collected in pieces of 16 KiB.
    chunkSize: logBytes + (logBytes >> 8) + 1024,
    pledgedSrcSize: logBytes,
    params: { [constants.ZSTD_c_compressionLevel]: 1 },
  })
  return content.byteLength <= logBytes * worthwhile
    ? { content, logBytes, isCompressed: true }
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
