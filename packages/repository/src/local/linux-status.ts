import type { NodeType, Uint64 } from '../format/node.ts'
import { deviceNumber } from './device-number.ts'
import type { FileStatus, FileTime } from './local-files.ts'
import type { NativeMemory } from './native-memory.ts'

export const statusBytes = 256

const two32 = 2 ** 32
/** By the type bits of st_mode, which are also the d_type of readdir(3). */
const types: readonly NodeType[] = ['', 'fifo', 'chardev', '', 'dir', '', 'dev', '', 'file', '', 'symlink', '', 'socket']

/** '' for a number that is no type or, from a directory, says that its file system does not tell. */
export function typeOfNumber(number: number): NodeType {
  return types[number] ?? ''
}

/** The file type of an st_mode. */
export function typeOfMode(mode: number): FileStatus['type'] {
  return typeOfNumber((mode >>> 12) & 0o17) || 'irregular'
}

/** Reads a `struct statx` (statx(2)) at the start of `memory`; both supported processors are little-endian. */
export class StatusReader {
  readonly #words: Uint32Array

  constructor(memory: NativeMemory) {
    this.#words = new Uint32Array(memory.bytes.buffer, memory.bytes.byteOffset, statusBytes / 4)
  }

  get type(): FileStatus['type'] {
    return typeOfMode(this.#word(7) & 0xffff)
  }

  read(): FileStatus {
    const mode = this.#word(7) & 0xffff
    return {
      type: typeOfMode(mode),
      permissions: mode & 0o7777,
      uid: this.#word(5),
      gid: this.#word(6),
      links: this.#word(4),
      inode: this.#uint64(8),
      device: deviceNumber(this.#word(34), this.#word(35)),
      specialDevice: deviceNumber(this.#word(32), this.#word(33)),
      sizeBytes: this.#word(11) * two32 + this.#word(10),
      blocks512: this.#word(13) * two32 + this.#word(12),
      mtime: this.#time(28),
      atime: this.#time(16),
      ctime: this.#time(24),
    }
  }

  #word(index: number): number {
    return this.#words[index] ?? 0
  }

  #uint64(index: number): Uint64 {
    const low = this.#word(index)
    const high = this.#word(index + 1)
    return high < 0x20_0000 ? high * two32 + low : (BigInt(high) << 32n) | BigInt(low)
  }

  #time(index: number): FileTime {
    return { seconds: (this.#word(index + 1) | 0) * two32 + this.#word(index), nanoseconds: this.#word(index + 2) }
  }
}
