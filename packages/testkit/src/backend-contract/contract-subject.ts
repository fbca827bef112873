import { createHash } from 'node:crypto'
import type { Backend, FileHandle, FileInfo, FileType, ObjectVersion } from '@coffre/storage'

/** One backend to be tested: new, empty, and closed by the suite. */
export interface ContractSubject {
  readonly backend: Backend
  /** Puts a file at a path below the vault's root without asking the backend, as another program could. */
  plant(path: string, bytes: Uint8Array): Promise<void>
}

export type SubjectFactory = () => Promise<ContractSubject>

export const hashedTypes: readonly Exclude<FileType, 'config' | 'state' | 'journal'>[] = [
  'key',
  'lock',
  'snapshot',
  'index',
  'pack',
]
export const config: FileHandle = { type: 'config', name: '' }
export const noSignal: AbortSignal = new AbortController().signal

/** Bytes without a short period, so that a chunk in the wrong place shows. */
export function pattern(length: number, salt = 0): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; at++) bytes[at] = (Math.imul(at + salt, 0x9e3779b1) >>> 15) & 0xff
  return bytes
}

/** The file of a hashed type with this content. */
export function fileOf(type: FileType, ...body: readonly Uint8Array[]): FileHandle {
  const hash = createHash('sha256')
  for (const chunk of body) hash.update(chunk)
  return { type, name: hash.digest('hex') }
}

export function stateFile(name: string): FileHandle {
  return { type: 'state', name }
}

export function journalFile(name: string): FileHandle {
  return { type: 'journal', name }
}

export async function saved(backend: Backend, file: FileHandle, ...body: readonly Uint8Array[]): Promise<FileHandle> {
  await backend.save(file, body, {}, noSignal)
  return file
}

export async function listed(backend: Backend, type: FileType, below?: string): Promise<FileInfo[]> {
  const found: FileInfo[] = []
  for await (const { name, sizeBytes } of backend.list(type, noSignal, below)) found.push({ type, name, sizeBytes })
  return found.sort((a, b) => (a.name < b.name ? -1 : 1))
}

export async function collected(versions: AsyncIterable<ObjectVersion>): Promise<ObjectVersion[]> {
  const found: ObjectVersion[] = []
  for await (const version of versions) found.push(version)
  return found
}

export function load(backend: Backend, file: FileHandle, offset?: number, length = 0): Promise<Uint8Array> {
  return backend.load(file, offset === undefined ? undefined : { offset, length }, noSignal)
}

/** For `assert.rejects`: a CoffreError with that code. */
export function withCode(code: string): { code: string; name: 'CoffreError' } {
  return { code, name: 'CoffreError' }
}
