import type { FileType, ObjectLock, ObjectVersion } from '@coffre/storage'

/** All versions of one file. */
export interface VersionGroup {
  readonly name: string
  /** As the store lists them: the newest first. */
  readonly versions: readonly ObjectVersion[]
}

/** Whether a reader without version ids gets something other than the one content that was ever stored under the name. */
export function isDisturbed(group: VersionGroup): boolean {
  return group.versions.length !== 1 || group.versions[0]?.isMarker === true
}

/** The versions of a type by file, in the order of the names' first appearance. */
export async function versionGroups(
  lock: ObjectLock,
  type: FileType,
  signal: AbortSignal,
  below?: string,
): Promise<VersionGroup[]> {
  const groups = new Map<string, ObjectVersion[]>()
  for await (const version of lock.versions(type, signal, below)) {
    const group = groups.get(version.name)
    if (group === undefined) groups.set(version.name, [version])
    else group.push(version)
  }
  return [...groups].map(([name, versions]) => ({ name, versions: latestFirst(versions) }))
}

/** Stores tell times by the second and may list markers apart, but say which one is on top. */
function latestFirst(versions: ObjectVersion[]): readonly ObjectVersion[] {
  if (versions.length === 1) return versions
  return versions.sort((a, b) => Number(b.isLatest) - Number(a.isLatest) || b.modified.getTime() - a.modified.getTime())
}
