import { constants } from 'node:fs'
import { access, realpath } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { CoffreError, throwIfAborted } from '@coffre/foundation'
import type { PostgresqlSettings } from '../settings.ts'
import { runEngineProgram } from './engine-program.ts'

/** The programs of one major version of PostgreSQL. */
export interface EngineBinaries {
  readonly folder: string
  /** As the server's program tells it: 16.4. */
  readonly version: string
}

/**
 * Finds the programs by which data of a major version can be run: where the settings say, on the PATH, and where systems install them.
 * `engine.missing` says what to install.
 */
export async function findEngineBinaries(
  major: number,
  settings: PostgresqlSettings,
  signal: AbortSignal,
): Promise<EngineBinaries> {
  const named = settings.engineFolders?.[major]
  const folders = named === undefined ? [...onPath(settings.searchPath), ...usualFolders(major)] : [named, join(named, 'bin')]
  for (const folder of folders) {
    throwIfAborted(signal)
    const found = await look(folder, major, signal)
    if (found !== undefined) return found
  }
  const where = named === undefined ? 'on the PATH or in the usual places' : `in ${named}`
  throw new CoffreError('engine.missing', `PostgreSQL ${major} is not ${where} of this machine`, {
    hint:
      `Install it (Debian and Ubuntu: apt install postgresql-${major}; Red Hat: dnf install postgresql${major}-server; macOS: brew install ` +
      `postgresql@${major}), or say where it is with COFFRE_POSTGRESQL_${major}. The data needs just this major version.`,
  })
}

async function look(folder: string, major: number, signal: AbortSignal): Promise<EngineBinaries | undefined> {
  try {
    for (const program of ['postgres', 'pg_ctl']) await access(join(folder, program), constants.X_OK)
    const { stdout } = await runEngineProgram({ folder }, 'postgres', ['--version'], undefined, signal)
    const version = /\(PostgreSQL\) (\d+)(\S*)/.exec(stdout)
    if (version === null || Number(version[1]) !== major) return undefined
    // What is found by a link finds its libraries and its other programs where it really is.
    return { folder: dirname(await realpath(join(folder, 'postgres'))), version: `${version[1]}${version[2]}` }
  } catch {
    throwIfAborted(signal)
    return undefined
  }
}

function onPath(searchPath: string | undefined): readonly string[] {
  return (searchPath ?? '').split(delimiter).filter((folder) => folder !== '')
}

function usualFolders(major: number): readonly string[] {
  return [
    `/usr/lib/postgresql/${major}/bin`,
    `/usr/pgsql-${major}/bin`,
    `/usr/lib/postgresql${major}/bin`,
    `/opt/homebrew/opt/postgresql@${major}/bin`,
    `/usr/local/opt/postgresql@${major}/bin`,
    `/usr/local/pgsql-${major}/bin`,
    '/usr/local/pgsql/bin',
    '/usr/local/bin',
  ]
}
