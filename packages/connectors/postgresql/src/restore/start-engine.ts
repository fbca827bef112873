import { chown, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { type Clock, CoffreError, interruption } from '@coffre/foundation'
import { runningServer } from './data-folder.ts'
import type { EngineAccount } from './engine-account.ts'
import type { EngineBinaries } from './engine-binaries.ts'
import { runEngineProgram } from './engine-program.ts'
import { ifMissing } from './if-missing.ts'
import { setAutomatically } from './recovery-settings.ts'
import type { StartOptions } from './restore-options.ts'

export interface EngineStart extends StartOptions {
  readonly folder: string
  readonly binaries: EngineBinaries
  readonly account: EngineAccount | undefined
  /** The role that owns the cluster, as whom we may look into it; undefined when the base did not say. */
  readonly owner: string | undefined
  /** For a server that is thrown away again: it is reached by a socket in this folder alone, and takes little of the machine. */
  readonly asideIn?: string
}

/** A server that was started. */
export interface StartedEngine {
  /** The folder of a socket that only the account and root reach; undefined where its path is too long for one. */
  readonly socketFolder: string | undefined
  readonly logPath: string
}

/** Libraries that act by themselves, on this server or on others: jobs, retention, replication of their own, requests to elsewhere. */
const actors = [
  'bdr',
  'citus',
  'pg_cron',
  'pg_net',
  'pg_partman_bgw',
  'pg_task',
  'pg_timetable',
  'pgagent',
  'pglogical',
  'spock',
  'timescaledb-osm',
]
/** Those whose tables cannot be read without them, and what keeps them from acting. */
const stilled: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  timescaledb: { 'timescaledb.max_background_workers': '0' },
}
/** A socket's path has at most 107 bytes; the server adds `/.s.PGSQL.65535`. */
export const socketFolderBytesMax = 90
/** What the original had may be more than this machine has, or lie where only the original finds it. */
const asideSettings = {
  autovacuum: 'off',
  fsync: 'off',
  full_page_writes: 'off',
  synchronous_commit: 'off',
  shared_buffers: '128MB',
  huge_pages: 'off',
  ssl: 'off',
  logging_collector: 'off',
  log_destination: 'stderr',
  external_pid_file: '',
}
/** Replaying may take days; whoever waits can cancel. */
const startWithinS = 30 * 24 * 60 * 60
const saidLines = 12
const lookPauseMs = 100
const engineLogName = 'coffre_start.log'

/** Refuses a port of loopback that somebody listens on: nothing has been changed yet. */
export async function refuseBusyPort(port: number): Promise<void> {
  const server = createServer()
  const outcome = Promise.withResolvers<NodeJS.ErrnoException | undefined>()
  server.once('error', (error) => outcome.resolve(error))
  server.listen({ port, host: '127.0.0.1', exclusive: true }, () => outcome.resolve(undefined))
  const error = await outcome.promise
  server.close()
  if (error === undefined) return
  throw new CoffreError('engine.failed', `port ${port} of 127.0.0.1 cannot be had: ${error.code ?? error.message}`, {
    hint: 'Nothing was changed. Choose a port that nobody listens on.',
  })
}

/**
 * Starts the server, detached from us, and resolves once it has recovered and takes connections on loopback. When it does not, or when
 * `signal` is aborted, none is left running; `engine.failed` has what it said last.
 */
export async function startEngine(start: EngineStart, clock: Clock, signal: AbortSignal): Promise<StartedEngine> {
  const { folder, binaries, account, port, owner, asideIn } = start
  const socketFolder = asideIn ?? (Buffer.byteLength(folder) <= socketFolderBytesMax ? folder : undefined)
  const address = { port: String(port), listen_addresses: asideIn === undefined ? '127.0.0.1' : '' }
  await setAutomatically(folder, { ...(await cloneSettings(start, signal)), ...address })
  const flags = {
    ...(asideIn === undefined ? {} : asideSettings),
    // What databases do at a login, or when something is made in them, is theirs alone.
    ...(asideIn !== undefined && Number.parseInt(binaries.version, 10) >= 17 ? { event_triggers: 'off' } : {}),
    data_directory: folder,
    // With it on, a server that still recovers would take connections, and refuse to recover with fewer of them than the source.
    hot_standby: 'off',
    unix_socket_directories: socketFolder ?? '',
    ...(socketFolder === undefined || owner === undefined ? {} : await accessFiles(start, owner)),
  }
  const given = Object.entries(flags).map(([name, value]) => `-c ${shellQuoted(`${name}=${value}`)}`)
  const logPath = join(folder, engineLogName)
  const args = ['start', '-D', folder, '-l', logPath, '-w', '-t', String(startWithinS), '-o', given.join(' ')]
  try {
    const { exitCode, stderr, stdout } = await runEngineProgram(binaries, 'pg_ctl', args, account, signal)
    if (exitCode !== 0) throw await startFailure(folder, logPath, `${stderr}${stdout}`)
    await untilReady(folder, logPath, clock, signal)
  } catch (error) {
    await stopEngine(folder, binaries, account)
    throw signal.aborted ? interruption(signal) : error
  }
  return { socketFolder, logPath }
}

/** A server that still recovers counts as started for `pg_ctl`: only its status, the eighth line of `postmaster.pid`, tells when it is done. */
async function untilReady(folder: string, logPath: string, clock: Clock, signal: AbortSignal): Promise<void> {
  for (;;) {
    const status = await readFile(join(folder, 'postmaster.pid'), 'utf8').catch(ifMissing(''))
    if (status.split('\n')[7]?.trim() === 'ready') return
    if ((await runningServer(folder)) === undefined) throw await startFailure(folder, logPath, '')
    await clock.sleep(lookPauseMs, signal)
  }
}

/** Ends a server at once; what is not running stays so. */
export async function stopEngine(folder: string, binaries: EngineBinaries, account: EngineAccount | undefined): Promise<void> {
  const args = ['stop', '-D', folder, '-m', 'immediate', '-w']
  await runEngineProgram(binaries, 'pg_ctl', args, account, new AbortController().signal)
}

/** A clone must not act as the server that it was made of: not archive, not subscribe, not follow, not run jobs. */
async function cloneSettings(start: EngineStart, signal: AbortSignal): Promise<Readonly<Record<string, string>>> {
  if (start.asProduction) return {}
  const { folder, binaries, account } = start
  const args = ['-D', folder, '-C', 'shared_preload_libraries']
  const { exitCode, stdout, stderr } = await runEngineProgram(binaries, 'postgres', args, account, signal)
  if (exitCode !== 0) throw await startFailure(folder, undefined, stderr)
  const libraries = stdout
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  const bareName = (name: string): string => name.replaceAll('"', '').replace(/^\$libdir\//, '')
  const kept = libraries.filter((name) => !actors.includes(bareName(name)))
  return {
    archive_mode: 'off',
    max_logical_replication_workers: '0',
    primary_conninfo: '',
    primary_slot_name: '',
    synchronous_standby_names: '',
    ...(kept.length === libraries.length ? {} : { shared_preload_libraries: kept.join(', ') }),
    ...Object.assign({}, ...kept.map((name) => stilled[bareName(name)] ?? {})),
  }
}

/** While this server runs, root and its account may look into it through its socket; the files themselves stay as they are. */
async function accessFiles({ folder, account }: EngineStart, owner: string): Promise<Readonly<Record<string, string>>> {
  const hba = await readFile(join(folder, 'pg_hba.conf'), 'utf8').catch(ifMissing(''))
  const ident = await readFile(join(folder, 'pg_ident.conf'), 'utf8').catch(ifMissing(''))
  const role = `"${owner}"`
  const lookers = [...new Set([userInfo().username, account?.name ?? userInfo().username])].map(
    (name) => `coffre "${name}" ${role}\n`,
  )
  const files = { coffre_hba: `local all ${role} peer map=coffre\n${hba}`, coffre_ident: `${lookers.join('')}${ident}` }
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, `${name}.conf`)
    await writeFile(path, text, { mode: 0o600 })
    if (account !== undefined) await chown(path, account.uid, account.gid)
  }
  return { hba_file: join(folder, 'coffre_hba.conf'), ident_file: join(folder, 'coffre_ident.conf') }
}

async function startFailure(folder: string, logPath: string | undefined, said: string): Promise<CoffreError> {
  const log = logPath === undefined ? '' : await readFile(logPath, 'utf8').catch(ifMissing(''))
  const lines = (log === '' ? said : log).trim().split('\n').slice(-saidLines)
  return new CoffreError('engine.failed', `PostgreSQL did not start on ${folder}; it said last: ${lines.join(' | ')}`, {
    hint: 'What was restored is still there. Mend what the server complains of, and start it with pg_ctl.',
  })
}

function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
