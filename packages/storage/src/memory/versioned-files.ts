import type { Retention } from '../backend.ts'

export interface StoredVersion {
  readonly versionId: string
  /** Undefined for a marker. */
  readonly bytes: Uint8Array | undefined
  readonly modified: Date
  retention: Retention | undefined
  isHeld: boolean
}

/** Paths with all their versions, as a bucket with versioning keeps them. */
export class VersionedFiles {
  readonly #versions = new Map<string, StoredVersion[]>()
  #written = 0

  /** Puts a version on top; without bytes, a marker that hides those below. */
  put(path: string, bytes: Uint8Array | undefined, modified: Date, retention?: Retention): StoredVersion {
    this.#written++
    const version = { versionId: `v${this.#written}`, bytes, modified, retention, isHeld: false }
    this.#versions.set(path, [version, ...this.versionsOf(path)])
    return version
  }

  /** What a reader without a version id gets. */
  current(path: string): Uint8Array | undefined {
    return this.versionsOf(path)[0]?.bytes
  }

  /** Newest first. */
  versionsOf(path: string): readonly StoredVersion[] {
    return this.#versions.get(path) ?? []
  }

  drop(path: string, versionId: string): void {
    this.#versions.set(
      path,
      this.versionsOf(path).filter((version) => version.versionId !== versionId),
    )
  }

  paths(): readonly string[] {
    return [...this.#versions.keys()]
  }
}
