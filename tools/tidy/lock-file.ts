/** The part of package-lock.json (version 3) that we look at. */
export interface LockFile {
  packages: Record<string, LockEntry>
}

export interface LockEntry {
  version?: string
  cpu?: string[]
  os?: string[]
  libc?: string[]
  dev?: boolean
  optional?: boolean
  license?: string
  engines?: Record<string, string>
  optionalDependencies?: Record<string, string>
}

export interface MissingEntry {
  readonly neededBy: string
  readonly name: string
  readonly version: string
}

/**
 * Optional packages, those of other platforms, that another package of the lock file names but that have no entry of their own. npm
 * leaves them out when its registry does not have them, and then `npm ci` refuses the lock file.
 */
export function missingEntries(lock: LockFile): MissingEntry[] {
  return Object.entries(lock.packages).flatMap(([neededBy, entry]) =>
    Object.entries(entry.optionalDependencies ?? {})
      .filter(([name]) => !hasEntry(lock, neededBy, name))
      .map(([name, version]) => ({ neededBy, name, version })),
  )
}

/** Node's resolution: the package's own node_modules first, then each one further up. */
function hasEntry(lock: LockFile, from: string, name: string): boolean {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    if (lock.packages[`${folder}${folder === '' ? '' : '/'}node_modules/${name}`] !== undefined) return true
    if (folder === '') return false
    if (!folder.includes('/node_modules/')) return lock.packages[`node_modules/${name}`] !== undefined
  }
}

const platformName =
  /-(android|darwin|freebsd|linux|openharmony|win32)-(arm|arm64|ia32|ppc64|riscv64|s390x|x64)(?:-(?:ea)?(gnu|musl|msvc)?(?:eabi(?:hf)?)?)?$/

/** Adds the entry that npm would have made: the version is exact in the parent, the platform in the name. Only the hash is not known. */
export function addMissingEntries(lock: LockFile): readonly MissingEntry[] {
  const missing = missingEntries(lock)
  for (const { neededBy, name, version } of missing) {
    const [, os, cpu, abi] = platformName.exec(name) ?? []
    if (os === undefined || cpu === undefined || !/^\d/.test(version))
      throw new Error(`cannot tell the platform of ${name}@${version}`)
    const parent = lock.packages[neededBy]
    lock.packages[`node_modules/${name}`] = {
      version,
      cpu: [cpu],
      ...(parent?.dev === true ? { dev: true } : {}),
      ...(os === 'linux' && (abi === 'gnu' || abi === 'musl') ? { libc: [abi === 'musl' ? 'musl' : 'glibc'] } : {}),
      ...(parent?.license === undefined ? {} : { license: parent.license }),
      optional: true,
      os: [os],
    }
  }
  lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en')))
  return missing
}
