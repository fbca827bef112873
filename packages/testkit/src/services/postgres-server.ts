import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import pg from 'pg'
import { freePort } from './free-port.ts'
import { type PostgresInstallation, type PostgresMajor, postgresInstallation } from './postgres-installation.ts'

export interface PostgresOptions {
  /** Lines of postgresql.conf. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>
  /** Arguments of initdb, such as --data-checksums. */
  readonly initdbArgs?: readonly string[]
  /** Lines before those of pg_hba.conf that trust everyone on loopback. */
  readonly hba?: readonly string[]
}

const run = promisify(execFile)
const logLinesMax = 2000
const outputBytesMax = 256 * 1024 * 1024

/**
 * A real PostgreSQL cluster in a temporary folder, on a port of its own on loopback, as nobody when the tests run as root. The user is
 * `postgres`, trusted unless `hba` says otherwise. It does not sync to disk: a kill of its processes loses nothing, a power cut would.
 */
export class PostgresServer implements AsyncDisposable {
  readonly major: PostgresMajor
  readonly port: number
  /** Holds the data folder, and has room for what belongs to it, such as tablespaces. */
  readonly folder: string
  readonly installation: PostgresInstallation
  readonly #log: string[] = []
  readonly #listeners = new Set<(line: string | undefined) => void>()
  #postmaster: ChildProcess | undefined

  private constructor(major: PostgresMajor, port: number, folder: string, installation: PostgresInstallation) {
    this.major = major
    this.port = port
    this.folder = folder
    this.installation = installation
  }

  /** A new cluster, started. */
  static async start(major: PostgresMajor, options: PostgresOptions = {}): Promise<PostgresServer> {
    return PostgresServer.#make(major, async (server) => {
      const args = [
        '--username=postgres',
        '--auth=trust',
        '--encoding=UTF8',
        '--locale=C',
        '--no-sync',
        ...(options.initdbArgs ?? []),
      ]
      await server.run('initdb', ['--pgdata', server.dataFolder, ...args])
      await server.configure(options.settings ?? {})
      if (options.hba !== undefined) await server.setHba(options.hba)
      await server.start()
    })
  }

  /** A server over a data folder that `fill` lays out, such as one that was restored; not started. */
  static async over(major: PostgresMajor, fill: (dataFolder: string) => Promise<void>): Promise<PostgresServer> {
    return PostgresServer.#make(major, async (server) => {
      await fill(server.dataFolder)
      await server.own(server.dataFolder)
      await server.configure({})
    })
  }

  static async #make(major: PostgresMajor, fill: (server: PostgresServer) => Promise<void>): Promise<PostgresServer> {
    const installation = await postgresInstallation(major)
    const folder = await mkdtemp(join(tmpdir(), `coffre-pg${major}-`))
    const server = new PostgresServer(major, await freePort(), folder, installation)
    try {
      await server.own(folder)
      await fill(server)
      return server
    } catch (error) {
      await server[Symbol.asyncDispose]()
      throw error
    }
  }

  get dataFolder(): string {
    return join(this.folder, 'data')
  }

  get isRunning(): boolean {
    return this.#postmaster !== undefined
  }

  /** What the server has said last. */
  get log(): string {
    return this.#log.join('\n')
  }

  /** A URL of the server, with a user and a database. */
  url(database = 'postgres', user = 'postgres'): string {
    return `postgres://${user}@127.0.0.1:${this.port}/${database}`
  }

  /** Resolves once it accepts connections; rejects with its log when it ends before. */
  async start(): Promise<void> {
    if (this.#postmaster !== undefined) throw new Error('PostgreSQL is running')
    const { binFolder, environment, user } = this.installation
    const child = spawn(join(binFolder, 'postgres'), ['-D', this.dataFolder], {
      cwd: this.folder,
      env: environment,
      stdio: ['ignore', 'ignore', 'pipe'],
      ...user,
    })
    this.#postmaster = child
    const kill = () => child.kill('SIGKILL')
    process.once('exit', kill)
    child.once('exit', () => {
      process.off('exit', kill)
      if (this.#postmaster === child) this.#postmaster = undefined
    })
    await this.#untilReady(child)
  }

  /** Resolves once the server has said something like it since its last start. */
  async logged(pattern: RegExp): Promise<void> {
    if (this.#log.some((line) => pattern.test(line))) return
    const said = Promise.withResolvers<void>()
    const listener = (line: string | undefined): void => {
      if (line === undefined)
        said.reject(new Error(`PostgreSQL ended without saying ${pattern}:\n${this.#log.slice(-20).join('\n')}`))
      else if (pattern.test(line)) said.resolve()
    }
    this.#listeners.add(listener)
    try {
      await said.promise
    } finally {
      this.#listeners.delete(listener)
    }
  }

  /** Ends it: `fast` as an administrator would, with a checkpoint; `immediate` without, so that it recovers at the next start. */
  async stop(mode: 'fast' | 'immediate' = 'fast'): Promise<void> {
    const child = this.#postmaster
    if (child === undefined) return
    const ended = once(child, 'exit')
    child.kill(mode === 'fast' ? 'SIGINT' : 'SIGQUIT')
    await ended
  }

  /** Kills the postmaster, as the kernel would; its other processes follow by themselves. */
  async kill(): Promise<void> {
    const child = this.#postmaster
    if (child === undefined) return
    const ended = once(child, 'close')
    child.kill('SIGKILL')
    await ended
  }

  /** Sends a signal to the postmaster, such as SIGHUP to read the settings again. */
  signal(signal: NodeJS.Signals): void {
    this.#postmaster?.kill(signal)
  }

  /** Makes the settings count at the next start, or after a SIGHUP for those that allow it. */
  async configure(settings: Readonly<Record<string, string | number | boolean>>): Promise<void> {
    const all = {
      listen_addresses: '127.0.0.1',
      port: this.port,
      unix_socket_directories: '',
      fsync: false,
      max_wal_senders: 10,
      shared_buffers: '32MB',
      ...settings,
    }
    const lines = Object.entries(all).map(([name, value]) => `${name} = '${String(value).replaceAll("'", "''")}'\n`)
    await appendFile(join(this.dataFolder, 'postgresql.conf'), lines.join(''))
  }

  /** Puts lines before the one that trusts everybody on loopback. */
  async setHba(lines: readonly string[]): Promise<void> {
    const trust = ['host all all 127.0.0.1/32 trust', 'host replication all 127.0.0.1/32 trust']
    await writeFile(join(this.dataFolder, 'pg_hba.conf'), `${[...lines, ...trust].join('\n')}\n`)
  }

  /** A standby of this server that follows it, started. */
  async standby(settings: PostgresOptions['settings'] = {}): Promise<PostgresServer> {
    return PostgresServer.#make(this.major, async (server) => {
      await server.run('pg_basebackup', [
        '--dbname',
        this.url(),
        '--pgdata',
        server.dataFolder,
        '--write-recovery-conf',
        '--no-sync',
        '--checkpoint=fast',
      ])
      await server.configure(settings)
      await server.start()
    })
  }

  /** Makes a standby the primary of a new timeline. */
  async promote(): Promise<void> {
    await this.query('select pg_promote(true, 60)')
  }

  /** Resolves once a standby has replayed so far. */
  async replayed(lsn: string): Promise<void> {
    await this.#until(`select pg_last_wal_replay_lsn() >= '${lsn}'::pg_lsn as done`)
  }

  /** Resolves once nobody uses the slot any more. */
  async slotIdle(name: string): Promise<void> {
    await this.#until(`select not active as done from pg_replication_slots where slot_name = '${name}'`)
  }

  /** The rows that the statements give; those of the last one when there are several. */
  async query(sql: string, values?: readonly unknown[], database = 'postgres'): Promise<readonly Record<string, unknown>[]> {
    await using client = await this.connect(database)
    const result = await client.query(sql, values)
    const last = Array.isArray(result) ? result.at(-1) : result
    return last?.rows ?? []
  }

  /** The time by the server's clock. */
  async now(): Promise<Date> {
    return new Date(Number((await this.query('select extract(epoch from clock_timestamp()) * 1000 as ms'))[0]?.['ms']))
  }

  /** A connection of its own, that ends when it is disposed of. */
  async connect(database = 'postgres', user = 'postgres'): Promise<PostgresClient> {
    const client = new pg.Client({ host: '127.0.0.1', port: this.port, user, database })
    // A server that is killed cuts its clients: whoever asks next is told.
    client.on('error', () => undefined)
    await client.connect()
    return {
      query: (sql, values) => client.query(sql, values === undefined ? undefined : [...values]),
      [Symbol.asyncDispose]: () => client.end(),
    }
  }

  /** Runs one of PostgreSQL's programs as the server's user; resolves to what it printed. It knows host, port and user. */
  async run(program: string, args: readonly string[]): Promise<string> {
    const { binFolder, environment, user } = this.installation
    const env = { ...environment, PGHOST: '127.0.0.1', PGPORT: String(this.port), PGUSER: 'postgres' }
    const options = { cwd: this.folder, env, maxBuffer: outputBytesMax, ...user }
    const { stdout } = await run(join(binFolder, program), [...args], options)
    return stdout
  }

  /** Makes a folder beside the data that the server may write to, for a tablespace. */
  async makeFolder(name: string): Promise<string> {
    const path = join(this.folder, name)
    await mkdir(path, { recursive: true })
    await this.own(path)
    return path
  }

  /** Gives a path to the server's user, with everything in it. */
  async own(path: string): Promise<void> {
    const { user } = this.installation
    if (user === undefined) return
    await chown(path, user.uid, user.gid)
    await run('chown', ['-R', `${user.uid}:${user.gid}`, path])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('immediate')
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 })
  }

  /** PostgreSQL tells nobody of these: it is asked until it is so. */
  async #until(question: string): Promise<void> {
    await using client = await this.connect()
    const ask = async () => ((await client.query(question)) as pg.QueryResult).rows[0]?.done === true
    while (!(await ask())) await client.query('select pg_sleep(0.02)')
  }

  /** Settles with the first of: it says that it is ready, it ends. */
  async #untilReady(child: ChildProcess): Promise<void> {
    const { stderr } = child
    if (stderr === null) throw new Error('PostgreSQL was started without its log')
    const ready = Promise.withResolvers<void>()
    this.#log.length = 0
    createInterface({ input: stderr }).on('line', (line) => {
      this.#log.push(line)
      if (this.#log.length > logLinesMax) this.#log.shift()
      for (const listener of this.#listeners) listener(line)
      if (/database system is ready to accept (?:read-only )?connections/.test(line)) ready.resolve()
    })
    child.once('error', ready.reject)
    child.once('close', () => {
      for (const listener of this.#listeners) listener(undefined)
    })
    child.once('close', (code) => ready.reject(new Error(`PostgreSQL ended with ${code}:\n${this.#log.slice(-20).join('\n')}`)))
    await ready.promise
  }
}

export interface PostgresClient extends AsyncDisposable {
  query(sql: string, values?: readonly unknown[]): Promise<pg.QueryResult | pg.QueryResult[]>
}
