import { execFile } from 'node:child_process'
import { rmSync } from 'node:fs'
import { chmod, cp, mkdtemp, realpath } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { findTool } from './find-tool.ts'

/** The versions that tests run on. */
export const postgresMajors = [15, 16, 18] as const
export type PostgresMajor = (typeof postgresMajors)[number]

/** The programs of one version, and who can run them. */
export interface PostgresInstallation {
  readonly binFolder: string
  readonly environment: NodeJS.ProcessEnv
  /** Whom to run them as; undefined for ourselves. */
  readonly user: { readonly uid: number; readonly gid: number } | undefined
}

const run = promisify(execFile)
/** `nobody` and its group, on Debian as on most systems: PostgreSQL refuses to run as root. */
const unprivileged = { uid: 65534, gid: 65534 }
const known = new Map<PostgresMajor, Promise<PostgresInstallation>>()

/** The installation of a version; copied, once a process, to where the unprivileged user can enter if it cannot be used in place. */
export function postgresInstallation(major: PostgresMajor): Promise<PostgresInstallation> {
  const found = known.get(major) ?? findInstallation(major)
  known.set(major, found)
  return found
}

async function findInstallation(major: PostgresMajor): Promise<PostgresInstallation> {
  const place = `/usr/lib/postgresql/${major}/bin/postgres`
  const root = dirname(dirname(await realpath(findTool(`postgresql-${major}`, `COFFRE_POSTGRESQL_${major}`, [place]))))
  const user = process.getuid?.() === 0 ? unprivileged : undefined
  const inPlace = installationIn(root, user)
  if (await canRun(inPlace)) return inPlace
  const folder = await mkdtemp(join(tmpdir(), `coffre-pg${major}-`))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  await chmod(folder, 0o755)
  await cp(root, join(folder, 'install'), { recursive: true })
  return installationIn(join(folder, 'install'), user)
}

function installationIn(root: string, user: PostgresInstallation['user']): PostgresInstallation {
  const environment = { PATH: process.env['PATH'] ?? '', HOME: tmpdir(), LC_ALL: 'C', LD_LIBRARY_PATH: join(root, 'lib') }
  return { binFolder: join(root, 'bin'), environment, user }
}

async function canRun({ binFolder, environment, user }: PostgresInstallation): Promise<boolean> {
  return run(join(binFolder, 'initdb'), ['--version'], { env: environment, ...user }).then(
    () => true,
    () => false,
  )
}
