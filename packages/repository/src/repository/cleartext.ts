import { CoffreError } from '@coffre/foundation'
import type { Workbench } from '../crypto/workbench.ts'

const zstdEncoding = 2
const contentBytesMax = 2 ** 31

/** The plaintext of index, lock and snapshot files; design.rst, section "Unpacked Data Format". Level 3, as these are read often. */
export function encodeUnpacked(json: Uint8Array, formatVersion: number, workbench: Workbench): Buffer {
  if (formatVersion < 2) return Buffer.from(json)
  return Buffer.concat([Buffer.of(zstdEncoding), workbench.compress(json, 3)])
}

export function decodeUnpacked(content: Buffer, what: string, workbench: Workbench): Buffer {
  const first = content[0]
  if (first === undefined) throw new CoffreError('repository.damaged', `${what} is empty`)
  if (first === 0x5b || first === 0x7b) return content
  if (first !== zstdEncoding) {
    throw new CoffreError('repository.damaged', `${what} has the unknown encoding ${first}`, {
      hint: 'It may have been written by a newer program.',
    })
  }
  const sizeBytes = frameContentBytes(content.subarray(1))
  const text = workbench.decompress(content.subarray(1), Math.min(sizeBytes ?? guess(content.length), contentBytesMax))
  if (text === undefined) throw new CoffreError('repository.damaged', `${what} does not decompress`)
  return text
}

/** Text rarely shrinks more; frames without a declared size come only from very small inputs of other writers. */
function guess(compressedBytes: number): number {
  return Math.max(1 << 20, compressedBytes * 128)
}

/** The declared content size of a zstd frame (RFC 8878, section 3.1.1.1), if it is there. */
function frameContentBytes(frame: Uint8Array): number | undefined {
  const view = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength)
  if (view.length < 6 || view.readUInt32LE(0) !== 0xfd2fb528) return undefined
  const descriptor = view[4] ?? 0
  const singleSegment = (descriptor & 0x20) !== 0
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0
  const at = 5 + (singleSegment ? 0 : 1) + dictionaryBytes
  const flag = descriptor >> 6
  if (flag === 0) return singleSegment ? view[at] : undefined
  if (flag === 1) return view.length < at + 2 ? undefined : view.readUInt16LE(at) + 256
  if (flag === 2) return view.length < at + 4 ? undefined : view.readUInt32LE(at)
  return view.length < at + 8 ? undefined : Number(view.readBigUInt64LE(at))
}
