import { type ByteString, bytesOf } from '@coffre/foundation'
import type { Node } from '../format/node.ts'
import { permissionsOf } from '../local/go-file-mode.ts'
import { formatTimestamp, parseTimestamp } from '../local/timestamp.ts'

/** PKWARE's APPNOTE 6.3.10, sections 4.3.7 to 4.3.16 and 4.5. All numbers are little-endian. */
export const storedMethod = 0
const deflateMethod = 8

const descriptorFlag = 0x0008
const utf8Flag = 0x0800
const plainVersion = 20
const zip64Version = 45
const unixSystem = 3
const size32Max = 0xffffffff
const count16Max = 0xffff
/** Deflating may enlarge a little: what comes near the limit has 64-bit sizes from the start. */
const zip64ContentBytes = 0xf0000000

/** What is known of an entry before its content has been read. */
export interface ZipEntry {
  readonly name: Buffer
  readonly method: number
  readonly flags: number
  readonly node: Node
  readonly isZip64: boolean
  readonly offset: number
}

/** What is known afterwards. */
export interface ZipSizes {
  readonly crc: number
  readonly packedBytes: number
  readonly contentBytes: number
}

export function zipEntry(path: ByteString, node: Node, contentBytes: number, offset: number): ZipEntry {
  const name = bytesOf(node.type === 'dir' ? `${path}/` : path)
  const isUtf8 = path.isWellFormed() && name.some((byte) => byte > 0x7f)
  const method = node.type === 'file' && contentBytes > 0 ? deflateMethod : storedMethod
  const flags = (isUtf8 ? utf8Flag : 0) | (contentBytes > 0 ? descriptorFlag : 0)
  return { name, method, flags, node, isZip64: contentBytes >= zip64ContentBytes, offset }
}

export function localHeader(entry: ZipEntry): Buffer {
  const extra = entry.isZip64 ? Buffer.concat([zip64Extra([0, 0]), timeExtra(entry.node)]) : timeExtra(entry.node)
  const header = Buffer.alloc(30)
  header.writeUInt32LE(0x04034b50, 0)
  header.writeUInt16LE(entry.isZip64 ? zip64Version : plainVersion, 4)
  writeShared(header, 6, entry, { crc: 0, packedBytes: 0, contentBytes: 0 }, entry.isZip64)
  header.writeUInt16LE(entry.name.length, 26)
  header.writeUInt16LE(extra.length, 28)
  return Buffer.concat([header, entry.name, extra])
}

/** Follows a content whose sizes were not known before it. */
export function dataDescriptor(entry: ZipEntry, sizes: ZipSizes): Buffer {
  const descriptor = Buffer.alloc(entry.isZip64 ? 24 : 16)
  descriptor.writeUInt32LE(0x08074b50, 0)
  descriptor.writeUInt32LE(sizes.crc, 4)
  if (entry.isZip64) {
    descriptor.writeBigUInt64LE(BigInt(sizes.packedBytes), 8)
    descriptor.writeBigUInt64LE(BigInt(sizes.contentBytes), 16)
  } else {
    descriptor.writeUInt32LE(sizes.packedBytes, 8)
    descriptor.writeUInt32LE(sizes.contentBytes, 12)
  }
  return descriptor
}

export function centralHeader(entry: ZipEntry, sizes: ZipSizes): Buffer {
  const farOffset = entry.offset >= size32Max
  const large = entry.isZip64 ? [sizes.contentBytes, sizes.packedBytes] : []
  if (farOffset) large.push(entry.offset)
  const extra = Buffer.concat([large.length > 0 ? zip64Extra(large) : Buffer.alloc(0), timeExtra(entry.node)])
  const header = Buffer.alloc(46)
  header.writeUInt32LE(0x02014b50, 0)
  header.writeUInt16LE((unixSystem << 8) | zip64Version, 4)
  header.writeUInt16LE(large.length > 0 ? zip64Version : plainVersion, 6)
  writeShared(header, 8, entry, sizes, entry.isZip64)
  header.writeUInt16LE(entry.name.length, 28)
  header.writeUInt16LE(extra.length, 30)
  header.writeUInt32LE(((unixMode(entry.node) << 16) | (entry.node.type === 'dir' ? 0x10 : 0)) >>> 0, 38)
  header.writeUInt32LE(farOffset ? size32Max : entry.offset, 42)
  return Buffer.concat([header, entry.name, extra])
}

/** What ends an archive whose central directory has so many entries and bytes and begins at `offset`. */
export function zipEnd(entries: number, directoryBytes: number, offset: number): Buffer {
  const isLarge = entries >= count16Max || directoryBytes >= size32Max || offset >= size32Max
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(isLarge ? count16Max : entries, 8)
  end.writeUInt16LE(isLarge ? count16Max : entries, 10)
  end.writeUInt32LE(isLarge ? size32Max : directoryBytes, 12)
  end.writeUInt32LE(isLarge ? size32Max : offset, 16)
  return isLarge ? Buffer.concat([zip64End(entries, directoryBytes, offset), end]) : end
}

function zip64End(entries: number, directoryBytes: number, offset: number): Buffer {
  const end = Buffer.alloc(56 + 20)
  end.writeUInt32LE(0x06064b50, 0)
  end.writeBigUInt64LE(44n, 4)
  end.writeUInt16LE((unixSystem << 8) | zip64Version, 12)
  end.writeUInt16LE(zip64Version, 14)
  end.writeBigUInt64LE(BigInt(entries), 24)
  end.writeBigUInt64LE(BigInt(entries), 32)
  end.writeBigUInt64LE(BigInt(directoryBytes), 40)
  end.writeBigUInt64LE(BigInt(offset), 48)
  end.writeUInt32LE(0x07064b50, 56)
  end.writeBigUInt64LE(BigInt(offset + directoryBytes), 64)
  end.writeUInt32LE(1, 72)
  return end
}

/** The fields that local and central header have in common, from the flags to the content's size. */
function writeShared(header: Buffer, at: number, entry: ZipEntry, sizes: ZipSizes, isZip64: boolean): void {
  const { date, time } = dosTime(entry.node)
  header.writeUInt16LE(entry.flags, at)
  header.writeUInt16LE(entry.method, at + 2)
  header.writeUInt16LE(time, at + 4)
  header.writeUInt16LE(date, at + 6)
  header.writeUInt32LE(sizes.crc, at + 8)
  header.writeUInt32LE(isZip64 ? size32Max : sizes.packedBytes, at + 12)
  header.writeUInt32LE(isZip64 ? size32Max : sizes.contentBytes, at + 16)
}

function zip64Extra(values: readonly number[]): Buffer {
  const extra = Buffer.alloc(4 + values.length * 8)
  extra.writeUInt16LE(0x0001, 0)
  extra.writeUInt16LE(values.length * 8, 2)
  values.forEach((value, i) => {
    extra.writeBigUInt64LE(BigInt(value), 4 + i * 8)
  })
  return extra
}

/** Info-ZIP's extended timestamp with the modification time alone; nothing for what 32 bits do not hold. */
function timeExtra(node: Node): Buffer {
  const { seconds } = parseTimestamp(node.mtime)
  if (seconds < -(2 ** 31) || seconds >= 2 ** 31) return Buffer.alloc(0)
  const extra = Buffer.alloc(9)
  extra.writeUInt16LE(0x5455, 0)
  extra.writeUInt16LE(5, 2)
  extra.writeUInt8(1, 4)
  extra.writeInt32LE(seconds, 5)
  return extra
}

/** Local time in steps of two seconds, from 1980 to 2107. */
function dosTime(node: Node): { readonly date: number; readonly time: number } {
  const text = formatTimestamp(parseTimestamp(node.mtime))
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = text.slice(0, 19).split(/[-T:]/).map(Number)
  if (year < 1980) return { date: (1 << 5) | 1, time: 0 }
  if (year > 2107) return { date: (127 << 9) | (12 << 5) | 31, time: (23 << 11) | (59 << 5) | 29 }
  return { date: ((year - 1980) << 9) | (month << 5) | day, time: (hour << 11) | (minute << 5) | (second >> 1) }
}

const unixTypes: Readonly<Partial<Record<Node['type'], number>>> = { file: 0o100000, dir: 0o040000, symlink: 0o120000 }

function unixMode(node: Node): number {
  return (unixTypes[node.type] ?? 0) | permissionsOf(node.mode ?? 0)
}
