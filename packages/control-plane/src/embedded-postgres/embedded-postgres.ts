import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chown, mkdir, mkdtemp, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { CoffreError, type Context } from '@coffre/foundation'
import { type EngineAccount, engineAccount } from './engine-account.ts'
import { type EngineFiles, provideEngineFiles } from './engine-files.ts'
import { awaitEnd, Postmaster, readPostmasterStatus } from './postmaster.ts'
import { engineFolder } from './reachable-folder.ts'

/** How to connect to the catalogue's database. */
export interface DatabaseSettings {
  /** A host name, or the folder of a socket. */
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
}

export interface EmbeddedPostgresOptions {
  readonly stateFolder: string
  readonly context: Context
  /** Lines of the engine's log. */
  readonly onLog: (line: string) => void
}

type StartPostmaster = (signal: AbortSignal) => Promise<Postmaster>

const user = 'coffre'
/** A socket's path has at most 107 bytes on Linux; the engine adds `/.s.PGSQL.5432`. */
const socketFolderBytesMax = 90
const orphanTimeoutMs = 30_000
const orphansMax = 3
const restartPauseMsMax = 10_000

/**
 * PostgreSQL as a child process on a socket of its own, its data in the state folder. It survives `kill -9` of itself, of us, and of
 * both: an orphan of an earlier server is ended first, what was committed is recovered, and an engine that dies is started again.
 */
export class EmbeddedPostgres implements AsyncDisposable {
  readonly settings: DatabaseSettings
  readonly #start: StartPostmaster
  readonly #context: Context
  readonly #stop = new AbortController()
  #postmaster: Postmaster
  readonly #kept: Promise<void>

  private constructor(settings: DatabaseSettings, first: Postmaster, start: StartPostmaster, context: Context) {
    this.settings = settings
    this.#start = start
    this.#context = context
    this.#postmaster = first
    this.#kept = this.#keep()
  }

  static async start({ stateFolder, context, onLog }: EmbeddedPostgresOptions, signal: AbortSignal): Promise<EmbeddedPostgres> {
    const account = await engineAccount()
    const folder = await engineFolder(stateFolder, account)
    const files = await provideEngineFiles(join(folder, 'engine'), account)
    const dataFolder = join(folder, 'data')
    const password = await passwordOf(stateFolder)
    const orphan = await findOrphan(dataFolder)
    if (orphan !== undefined) await endOrphan(orphan, dataFolder, context, signal)
    if (!(await exists(join(dataFolder, 'PG_VERSION')))) await initialize(files, folder, dataFolder, password, account)
    await refuseOtherVersion(dataFolder, files.version)
    const socketFolder = await socketFolderIn(folder, account)
    const start = (startSignal: AbortSignal): Promise<Postmaster> =>
      Postmaster.start({ postgres: files.postgres, dataFolder, socketFolder, account, onLog }, context.clock, startSignal)
    const first = await startAlone(start, dataFolder, context, signal)
    return new EmbeddedPostgres({ host: socketFolder, port: 5432, user, password }, first, start, context)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#postmaster.stop(this.#context.clock)
    await this.#kept
  }

  /** Starts the engine again whenever it ends by itself. */
  async #keep(): Promise<void> {
    const { signal } = this.#stop
    const { clock } = this.#context
    for (let pauseMs = 100; ; pauseMs = Math.min(pauseMs * 2, restartPauseMsMax)) {
      const startedMs = clock.monotonicMs()
      await this.#postmaster.ended
      if (signal.aborted) return
      if (clock.monotonicMs() - startedMs > 60_000) pauseMs = 100
      try {
        await clock.sleep(pauseMs, signal)
        this.#postmaster = await this.#start(signal)
      } catch {
        if (signal.aborted) return
        // It said why in its log. Whoever needs the database is refused meanwhile, and the next attempt follows.
      }
    }
  }
}

/** How to connect to the engine that a server runs on this state folder. `catalogue.unavailable` when it does not take connections. */
export async function runningEngine(stateFolder: string): Promise<DatabaseSettings> {
  const folder = await engineFolder(stateFolder, await engineAccount())
  const status = await readPostmasterStatus(join(folder, 'data'))
  if (status?.state === 'ready') return { host: status.socketFolder, port: 5432, user, password: await passwordOf(stateFolder) }
  throw new CoffreError('catalogue.unavailable', `the catalogue in ${stateFolder} takes no connections`, {
    hint: 'Is its server just starting or ending? Try again.',
  })
}

/** Made once, and known to nobody but the owner of the state folder. */
async function passwordOf(stateFolder: string): Promise<string> {
  const path = join(stateFolder, 'catalogue-password')
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
  const password = randomBytes(24).toString('base64url')
  const partial = `${path}.${process.pid}`
  await writeFile(partial, password, { mode: 0o600 })
  await rename(partial, path)
  return password
}

/** Starts the engine once no other one is on its data. An orphan that was itself being started shows itself only by being in the way. */
async function startAlone(start: StartPostmaster, dataFolder: string, context: Context, signal: AbortSignal): Promise<Postmaster> {
  for (let tries = 1; ; tries++) {
    try {
      return await start(signal)
    } catch (error) {
      const orphan = await findOrphan(dataFolder)
      const dead = orphan === undefined ? await findDead(dataFolder) : undefined
      if ((orphan === undefined && dead === undefined) || tries === orphansMax) throw error
      if (orphan !== undefined) await endOrphan(orphan, dataFolder, context, signal)
      else if (dead !== undefined) await awaitEnd(dead, context.clock, orphanTimeoutMs, signal)
    }
  }
}

/** A server that was killed leaves its engine behind. */
async function findOrphan(dataFolder: string): Promise<number | undefined> {
  const status = await readPostmasterStatus(dataFolder)
  return status !== undefined && (await isPostmasterOf(status.pid, dataFolder)) ? status.pid : undefined
}

/** An engine that was killed, and that nobody has buried yet, is in the way of the next one as if it lived; or was until just now. */
async function findDead(dataFolder: string): Promise<number | undefined> {
  const status = await readPostmasterStatus(dataFolder)
  if (status === undefined) return undefined
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'stat=', '-p', String(status.pid)])
    return stdout.trim().startsWith('Z') ? status.pid : undefined
  } catch {
    return status.pid
  }
}

/** It ends as cleanly as it would have. */
async function endOrphan(pid: number, dataFolder: string, context: Context, signal: AbortSignal): Promise<void> {
  process.kill(pid, 'SIGINT')
  if (await awaitEnd(pid, context.clock, orphanTimeoutMs, signal)) return
  throw new CoffreError('catalogue.unavailable', `process ${pid} still uses the catalogue in ${dataFolder} and does not end`, {
    hint: `Is another Coffre server running with this state folder? End it, or process ${pid}, and start again.`,
  })
}

/** Process ids are used again: only its arguments tell whether it is the engine of this folder. */
async function isPostmasterOf(pid: number, dataFolder: string): Promise<boolean> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'args=', '-ww', '-p', String(pid)])
    return stdout.includes(dataFolder)
  } catch {
    return false
  }
}

/** Made beside its place and renamed, so that a folder that is there is whole. */
async function initialize(
  files: EngineFiles,
  folder: string,
  dataFolder: string,
  password: string,
  account: EngineAccount | undefined,
): Promise<void> {
  const partial = join(folder, 'data-partial')
  const passwordFile = join(folder, 'initial-password')
  await rm(partial, { recursive: true, force: true })
  const owner = account === undefined ? {} : { uid: account.uid, gid: account.gid }
  try {
    await writeFile(passwordFile, password, { mode: 0o600 })
    if (account !== undefined) await chown(passwordFile, account.uid, account.gid)
    const settings = ['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--data-checksums']
    await promisify(execFile)(files.initdb, ['-D', partial, '-U', user, `--pwfile=${passwordFile}`, ...settings], {
      ...owner,
      cwd: folder,
      env: { LC_ALL: 'C', TZ: 'UTC' },
    })
  } catch (error) {
    throw new CoffreError('catalogue.unavailable', `the catalogue's database could not be made in ${folder}`, {
      hint: 'Is there space, and may its account write there?',
      cause: error,
    })
  } finally {
    await rm(passwordFile, { force: true })
  }
  await rename(partial, dataFolder)
  const opened = await open(folder)
  await opened.sync().finally(() => opened.close())
}

async function refuseOtherVersion(dataFolder: string, engineVersion: string): Promise<void> {
  const dataVersion = (await readFile(join(dataFolder, 'PG_VERSION'), 'utf8')).trim()
  if (engineVersion.split('.')[0] === dataVersion) return
  throw new CoffreError('catalogue.newer', `the catalogue was made by PostgreSQL ${dataVersion}, Coffre brings ${engineVersion}`, {
    hint: 'Restore the last backup of the catalogue with `coffre catalogue rebuild`, or start the version of Coffre that made it.',
  })
}

/** Below the engine's folder, or where that path is too long for a socket, in a short folder of its own. */
async function socketFolderIn(folder: string, account: EngineAccount | undefined): Promise<string> {
  const own = join(folder, 'socket')
  if (Buffer.byteLength(own) > socketFolderBytesMax) {
    const short = await mkdtemp(join(tmpdir(), 'coffre-'))
    if (account !== undefined) await chown(short, account.uid, account.gid)
    return short
  }
  await mkdir(own, { recursive: true, mode: 0o700 })
  if (account !== undefined) await chown(own, account.uid, account.gid)
  return own
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
