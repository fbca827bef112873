/** A program that tests or benchmarks run beside Coffre, and how to come by it. */
export interface Tool {
  readonly name: string
  /** The version that is fetched. Results are stated for this one. */
  readonly version: string
  /** The environment variable that announces its path to tests and benchmarks, and in which a path can be given. */
  readonly variable: `COFFRE_${string}`
  readonly neededBy: 'tests' | 'bench'
  readonly source: GoModule | DebianPackages | PythonWheel
  /** Where the program lies in the tool's folder, when the tool is more than one file; its name unless given. */
  readonly program?: string
  /** A program of this name on the PATH does as well when it has at least this version and the source cannot be used. */
  readonly oldestAccepted: string
  /** And is older than this, for a tool that is wanted in several versions. */
  readonly olderThan?: string
  /** Where systems install it outside the PATH. */
  readonly places?: readonly string[]
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

/** Whatever version the distribution has now: the tool's own version only names the line. */
export interface DebianPackages {
  readonly kind: 'debian'
  readonly packages: readonly string[]
  /** For a program that needs libraries or modules of these packages, which are not where it looks for them. */
  readonly launched?: LaunchedProgram
}

/** Started by a script in the place of the tool's program, which says where libraries and modules are. Paths are in the tool's folder. */
export interface LaunchedProgram {
  readonly path: string
  /** What runs it, if it is a script. */
  readonly interpreter?: 'python3'
}

/** A tool with all its files inside a wheel, for Linux on one processor. */
export interface PythonWheel {
  readonly kind: 'wheel'
  readonly distribution: string
  readonly release: string
  /** The hash that the wheel must have. */
  readonly sha256: string
  readonly pythonVersion: string
  readonly platform: string
  readonly processor: NodeJS.Architecture
  /** The folder inside the wheel that is the tool; its programs are in `bin`. */
  readonly folder: string
  /** Libraries that the wheel has beside that folder; they are added to its `lib`, which has to be on LD_LIBRARY_PATH. */
  readonly libraries: string
}

/** The path of the tool's program, relative to its folder. */
export function programOf(tool: Tool): string {
  return tool.program ?? tool.name
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
