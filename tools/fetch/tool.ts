/** A program that tests or benchmarks run beside Coffre, and how to come by it. */
export interface Tool {
  readonly name: string
  /** The version that is fetched. Results are stated for this one. */
  readonly version: string
  /** The environment variable that announces its path to tests and benchmarks, and in which a path can be given. */
  readonly variable: `COFFRE_${string}`
  readonly neededBy: 'tests' | 'bench'
  readonly source: GoModule | DebianPackage
  /** A program of this name on the PATH does as well when it has at least this version and the source cannot be used. */
  readonly oldestAccepted: string
  readonly versionArgs: readonly string[]
  /** Its first group is the version in what `versionArgs` prints. */
  readonly versionPattern: RegExp
}

export interface GoModule {
  readonly kind: 'go'
  readonly module: string
  /** The module's hash as go.sum has it: what `go mod download` got must be this, whatever the proxy and the checksum settings. */
  readonly sum: string
  /** The package to build, relative to the module. */
  readonly package: string
  /** The string variable, if the version is only known to a binary that was told at link time. */
  readonly versionVariable?: string
}

export interface DebianPackage {
  readonly kind: 'debian'
  readonly package: string
}

/** Compares dotted version numbers; a missing part counts as 0. */
export function compareVersions(a: string, b: string): number {
  const left = a.split('.').map(Number)
  const right = b.split('.').map(Number)
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
