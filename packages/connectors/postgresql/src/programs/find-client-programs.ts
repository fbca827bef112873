import { constants } from 'node:fs'
import { access, realpath } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { CoffreError, throwIfAborted } from '@coffre/foundation'
import { runEngineProgram } from '../restore/engine-program.ts'
import type { PostgresqlSettings } from '../settings.ts'

/** Programs that speak to servers: pg_dump, pg_dumpall, pg_restore, psql. */
export interface ClientPrograms {
  readonly folder: string
  readonly major: number
}

const needed = ['pg_dump', 'pg_dumpall', 'pg_restore', 'psql']
const newestMajor = 18

/**
 * Finds client programs of a major version, or else of the nearest newer one: where the settings say, on the PATH, and where systems
 * install them. Older ones refuse newer servers, and cannot read newer dumps. `engine.missing` says what to install.
 */
export async function findClientPrograms(
  atLeastMajor: number,
  settings: PostgresqlSettings,
  signal: AbortSignal,
): Promise<ClientPrograms> {
  const found = new Map<number, ClientPrograms>()
  for (const folder of places(atLeastMajor, settings)) {
    const programs = await look(folder, signal)
    if (programs === undefined || programs.major < atLeastMajor || found.has(programs.major)) continue
    // Nothing fits better.
    if (programs.major === atLeastMajor) return programs
    found.set(programs.major, programs)
  }
  const nearest = found.get(Math.min(...found.keys()))
  if (nearest !== undefined) return nearest
  throw new CoffreError('engine.missing', `pg_dump and pg_restore ${atLeastMajor} or newer are not on this machine`, {
    hint:
      `Install them (Debian and Ubuntu: apt install postgresql-client-${atLeastMajor}; Red Hat: dnf install postgresql${atLeastMajor}; ` +
      `macOS: brew install postgresql@${atLeastMajor}), or say where they are with COFFRE_POSTGRESQL_${atLeastMajor}. No server is needed.`,
  })
}

/** The better ones first; a version that the settings name is looked for nowhere else. */
function places(atLeastMajor: number, { engineFolders = {}, searchPath = '' }: PostgresqlSettings): readonly string[] {
  const majors = Array.from({ length: newestMajor - atLeastMajor + 1 }, (_, at) => atLeastMajor + at)
  const named = majors.flatMap((major) => {
    const folder = engineFolders[major]
    return folder === undefined ? [] : [folder, join(folder, 'bin')]
  })
  const onPath = searchPath.split(delimiter).filter((folder) => folder !== '')
  const unnamed = majors.filter((major) => engineFolders[major] === undefined)
  const usual = unnamed.flatMap((major) => [
    `/usr/lib/postgresql/${major}/bin`,
    `/usr/pgsql-${major}/bin`,
    `/usr/libexec/postgresql${major}`,
    `/opt/homebrew/opt/postgresql@${major}/bin`,
    `/usr/local/opt/postgresql@${major}/bin`,
  ])
  return [...named, ...onPath, ...usual, '/usr/local/pgsql/bin', '/opt/homebrew/opt/libpq/bin', '/usr/local/opt/libpq/bin']
}

async function look(folder: string, signal: AbortSignal): Promise<ClientPrograms | undefined> {
  throwIfAborted(signal)
  try {
    for (const program of needed) await access(join(folder, program), constants.X_OK)
    const { stdout } = await runEngineProgram({ folder }, 'pg_restore', ['--version'], undefined, signal)
    const version = /\(PostgreSQL\) (\d+)/.exec(stdout)
    if (version === null) return undefined
    // What is found by a link finds its libraries where it really is.
    const real = dirname(await realpath(join(folder, 'pg_restore')))
    // Debian's links lead to a script that chooses a version by itself.
    return real.endsWith('/postgresql-common') ? undefined : { folder: real, major: Number(version[1]) }
  } catch {
    throwIfAborted(signal)
    return undefined
  }
}
