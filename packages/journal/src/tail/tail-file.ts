import { hash } from 'node:crypto'
import { openDocument, type Repository, sealDocument } from '@coffre/repository'
import type { OpenFrame } from './frame-codec.ts'
import { headerRecord, readHeader, type TailHeader } from './tail-header.ts'

/** What a file begins with: three letters and the version of this layout, then the length of the sealed header, big-endian. */
const magic = Buffer.from('CJT\x01', 'latin1')
const prefixBytes = magic.length + 4
/** What is longer was not written by Coffre, and shall not fill the memory. */
const headerBytesMax = 16 << 20
const documentKind = 'journal'

/** The beginning of a tail's file. */
export interface SealedHead {
  readonly id: string
  readonly bytes: Buffer
}

/** A header that was read, and where the frames begin in the file. */
export interface OpenedHead {
  readonly id: string
  readonly header: TailHeader
  readonly headBytes: number
}

/** Why there is no header to be had of some bytes: they end too early, or are no such header. */
export type HeadProblem = 'short' | 'damaged'

export function sealHead(repository: Repository, header: TailHeader): SealedHead {
  const sealed = sealDocument(repository, documentKind, headerRecord(header))
  const bytes = Buffer.alloc(prefixBytes + sealed.length)
  magic.copy(bytes)
  bytes.writeUInt32BE(sealed.length, magic.length)
  sealed.copy(bytes, prefixBytes)
  return { id: hash('sha256', bytes, 'hex'), bytes }
}

/** How many bytes at the start of a file are its head, from its first bytes. */
export function headLength(start: Uint8Array): number | HeadProblem {
  const view = Buffer.from(start.buffer, start.byteOffset, start.byteLength)
  if (!magic.subarray(0, view.length).equals(view.subarray(0, magic.length))) return 'damaged'
  if (view.length < prefixBytes) return 'short'
  const length = view.readUInt32BE(magic.length)
  return length > headerBytesMax ? 'damaged' : prefixBytes + length
}

/** The header in a whole head, authentic and of this vault. */
export function openHead(repository: Repository, head: Uint8Array, what: string): OpenedHead | HeadProblem {
  const length = headLength(head)
  if (typeof length !== 'number') return length
  if (head.byteLength < length) return 'short'
  const record = openDocument(repository, documentKind, head.subarray(prefixBytes, length))
  const header = record === undefined ? undefined : readHeader(record, what)
  if (header === undefined) return 'damaged'
  return { id: hash('sha256', head.subarray(0, length), 'hex'), header, headBytes: length }
}

export function sealFrame(repository: Repository, { content }: OpenFrame): Buffer {
  return repository.workbench.seal(content)
}

/** How large the whole file must be. */
export function fileBytesOf({ header, headBytes }: OpenedHead): number {
  return header.frames.reduce((total, { sealedBytes }) => total + sealedBytes, headBytes)
}
