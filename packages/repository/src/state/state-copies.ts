import type { Backend, FileHandle, ObjectVersion } from '@coffre/storage'

/** One stored content of a state file: a version where the store keeps versions, else the file. */
export interface StateCopy {
  readonly file: FileHandle
  readonly versionId?: string
  /** What a reader without version ids, such as another program, gets. */
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
 * Every copy of every state record by number, the oldest first. With versions, a record that was hidden is found, and one that was
 * put over another comes after it: whoever can write but not remove cannot change what was recorded.
 */
export async function copiesOfState(backend: Backend, signal: AbortSignal): Promise<ReadonlyMap<number, readonly StateCopy[]>> {
  const copies = new Map<number, StateCopy[]>()
  const add = (copy: StateCopy): void => {
    const number = numberOf(copy.file.name)
    if (number !== undefined) copies.set(number, [...(copies.get(number) ?? []), copy])
  }
  const { objectLock } = backend
  if (objectLock === undefined) {
    for await (const { type, name } of backend.list('state', signal)) {
      const file: FileHandle = { type, name }
      add({ file, isVisible: true, load: (loadSignal) => backend.load(file, undefined, loadSignal) })
    }
    return copies
  }
  const versions: ObjectVersion[] = []
  for await (const version of objectLock.versions('state', signal)) if (!version.isMarker) versions.push(version)
  // Stores list the newest first and tell times by the second: the order of equal ones is turned around.
  versions.reverse().sort((a, b) => a.modified.getTime() - b.modified.getTime() || Number(a.isLatest) - Number(b.isLatest))
  for (const { type, name, versionId, isLatest } of versions) {
    const file: FileHandle = { type, name }
    const load = (loadSignal: AbortSignal): Promise<Uint8Array> => objectLock.loadVersion(file, versionId, undefined, loadSignal)
    add({ file, versionId, isVisible: isLatest, load })
  }
  return copies
}
