import { type ByteString, byteStringFrom, bytesOf } from '@coffre/foundation'
import { type FileOperation, FileSystemError } from './file-system-error.ts'

/** Memory at a fixed address. It must stay referenced while native code may use it, so it lives as long as its owner. */
export class NativeMemory {
  readonly bytes: Buffer
  readonly address: number

  constructor(sizeBytes: number, addressOf: (bytes: Buffer) => number) {
    this.bytes = Buffer.allocUnsafeSlow(sizeBytes)
    this.address = addressOf(this.bytes)
  }

  /** The text up to the next zero byte. */
  textAt(offset: number): ByteString {
    return nameFrom(this.bytes, offset, this.bytes.indexOf(0, offset))
  }
}

/** Room for one path or name as C wants it; the next `put` replaces it. */
export class NativeText extends NativeMemory {
  constructor(addressOf: (bytes: Buffer) => number) {
    super(8192, addressOf)
  }

  /** The address. `about` is the path that an error names. */
  put(text: ByteString, operation: FileOperation, about: ByteString = text): number {
    if (text.includes('\0')) throw new FileSystemError(operation, about, 'EINVAL', { detail: 'a name contains a zero byte' })
    const { bytes } = this
    const last = bytes.length - 1
    let length: number
    if (text.isWellFormed()) {
      if (text.length * 3 > last && Buffer.byteLength(text) > last) throw new FileSystemError(operation, about, 'ENAMETOOLONG')
      length = bytes.write(text, 0, last, 'utf8')
    } else {
      const raw = bytesOf(text)
      if (raw.length > last) throw new FileSystemError(operation, about, 'ENAMETOOLONG')
      length = raw.copy(bytes)
    }
    bytes[length] = 0
    return this.address
  }
}

/** A name of any bytes; quick for the usual ones. */
export function nameFrom(bytes: Buffer, begin: number, end: number): ByteString {
  for (let at = begin; at < end; at++) {
    if ((bytes[at] ?? 0) >= 0x80) return byteStringFrom(bytes.subarray(begin, end))
  }
  return bytes.toString('latin1', begin, end)
}
