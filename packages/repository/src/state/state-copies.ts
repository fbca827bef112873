import type { Backend, FileHandle, ObjectLock, ObjectVersion } from '@coffre/storage'
import type { Id } from '../format/node.ts'

/** One stored content of a state file: a version where the store keeps versions, else the file. */
export interface StateCopy {
  readonly file: FileHandle
  readonly versionId?: string
  /** What a reader without version ids gets by the record's name. */
  readonly isVisible: boolean
  load(signal: AbortSignal): Promise<Uint8Array>
}

const pattern = /^state\/(\d{8,15})$/

export function stateName(number: number): string {
  return `state/${String(number).padStart(8, '0')}`
}

export function isStateName(name: string): boolean {
  return numberOf(name) !== undefined
}

function numberOf(name: string): number | undefined {
  const number = Number(pattern.exec(name)?.[1] ?? 0)
  return number > 0 && name === stateName(number) ? number : undefined
}

/**
 * Where a store may tear a file when the power fails, a record is first made durable as a draft. What is torn under the record's
 * own name is then read from the draft; a draft alone is no record yet.
 */
export function draftName(number: number, hash: Id): string {
  return `${stateName(number)}~${hash.slice(0, 16)}`
}

/** The number of the record that `name` is a draft of. */
export function draftOf(name: string): number | undefined {
  const [record = '', mark] = name.split('~')
  return mark !== undefined && /^[0-9a-f]{16}$/.test(mark) ? numberOf(record) : undefined
}

/** Every copy of every state record by number, those that count most first. */
export async function copiesOfState(backend: Backend, signal: AbortSignal): Promise<ReadonlyMap<number, readonly StateCopy[]>> {
  return backend.objectLock === undefined ? copiesByName(backend, signal) : copiesByVersion(backend.objectLock, signal)
}

async function copiesByName(backend: Backend, signal: AbortSignal): Promise<ReadonlyMap<number, readonly StateCopy[]>> {
  const copies = new Map<number, StateCopy[]>()
  const drafts = new Map<number, StateCopy[]>()
  for await (const { type, name } of backend.list('state', signal)) {
    const file: FileHandle = { type, name }
    const load = (loadSignal: AbortSignal): Promise<Uint8Array> => backend.load(file, undefined, loadSignal)
    addTo(copies, numberOf(name), { file, isVisible: true, load })
    addTo(drafts, draftOf(name), { file, isVisible: false, load })
  }
  for (const [number, ofRecord] of copies) ofRecord.push(...(drafts.get(number) ?? []))
  return copies
}

/**
 * The oldest version first: a record that was hidden is found, and one that was put over another comes after it, so that whoever
 * can write but not remove cannot change what was recorded.
 */
async function copiesByVersion(objectLock: ObjectLock, signal: AbortSignal): Promise<ReadonlyMap<number, readonly StateCopy[]>> {
  const copies = new Map<number, StateCopy[]>()
  const versions: ObjectVersion[] = []
  for await (const version of objectLock.versions('state', signal)) if (!version.isMarker) versions.push(version)
  // Stores list the newest first and tell times by the second: the order of equal ones is turned around.
  versions.reverse().sort((a, b) => a.modified.getTime() - b.modified.getTime() || Number(a.isLatest) - Number(b.isLatest))
  for (const { type, name, versionId, isLatest } of versions) {
    const file: FileHandle = { type, name }
    const load = (loadSignal: AbortSignal): Promise<Uint8Array> => objectLock.loadVersion(file, versionId, undefined, loadSignal)
    addTo(copies, numberOf(name), { file, versionId, isVisible: isLatest, load })
  }
  return copies
}

function addTo(copies: Map<number, StateCopy[]>, number: number | undefined, copy: StateCopy): void {
  if (number === undefined) return
  const others = copies.get(number)
  if (others === undefined) copies.set(number, [copy])
  else others.push(copy)
}
