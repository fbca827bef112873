import { chown, cp, mkdir, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type CommandResult, runCommand } from '../../tools/run-command.ts'

/** `nobody` and its group, on Debian as on most systems. */
const unprivileged = { uid: 65534, gid: 65534 }

/**
 * A PostgreSQL cluster of its own in a temporary folder, reached through a socket in it. PostgreSQL refuses to run as root, so it then
 * runs as nobody, and from a copy of its installation where nobody cannot enter the folder that it is in.
 */
export class PostgresqlServer implements AsyncDisposable {
  readonly #folder: string
  readonly #user: typeof unprivileged | undefined
  #installation: string
  #isRunning = false

  private constructor(folder: string, installation: string, user: typeof unprivileged | undefined) {
    this.#folder = folder
    this.#installation = installation
    this.#user = user
  }

  /** Makes the cluster; `postgres` is the path of the server program in its installation. */
  static async create(postgres: string): Promise<PostgresqlServer> {
    const folder = await mkdtemp(join(tmpdir(), 'coffre-pg-'))
    const installation = dirname(dirname(await realpath(postgres)))
    const server = new PostgresqlServer(folder, installation, process.getuid?.() === 0 ? unprivileged : undefined)
    try {
      await mkdir(join(folder, 'run'))
      for (const path of [folder, join(folder, 'run')]) {
        if (server.#user !== undefined) await chown(path, server.#user.uid, server.#user.gid)
      }
      if (!(await server.#canRun())) await server.#copyInstallation()
      await server.#run('initdb', [
        '--pgdata',
        server.dataFolder,
        '--username=postgres',
        '--auth=trust',
        '--encoding=UTF8',
        '--locale=C',
      ])
      return server
    } catch (error) {
      await rm(folder, { recursive: true, force: true })
      throw error
    }
  }

  get dataFolder(): string {
    return join(this.#folder, 'run', 'data')
  }

  async start(): Promise<void> {
    const settings = `-c listen_addresses='' -c unix_socket_directories='${join(this.#folder, 'run')}' -c fsync=off`
    await this.#control('start', ['--log', join(this.#folder, 'run', 'server.log'), '--options', settings])
    this.#isRunning = true
  }

  /** Ends it as an administrator would, with a checkpoint: the data folder is then at rest and complete. */
  async stop(): Promise<void> {
    await this.#control('stop', ['--mode=fast'])
    this.#isRunning = false
  }

  async pgbench(args: readonly string[]): Promise<void> {
    await this.#run('pgbench', ['--host', join(this.#folder, 'run'), '--username=postgres', ...args, 'postgres'])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isRunning) await this.#control('stop', ['--mode=immediate'])
    await rm(this.#folder, { recursive: true, force: true })
  }

  async #canRun(): Promise<boolean> {
    return (await this.#execute('initdb', ['--version'])).exitCode === 0
  }

  async #copyInstallation(): Promise<void> {
    const copy = join(this.#folder, 'install')
    await cp(this.#installation, copy, { recursive: true })
    this.#installation = copy
  }

  async #control(verb: string, args: readonly string[]): Promise<void> {
    await this.#run('pg_ctl', [verb, '--wait', '--silent', '--timeout=300', '--pgdata', this.dataFolder, ...args])
  }

  async #run(name: string, args: readonly string[]): Promise<void> {
    const { exitCode, stderr } = await this.#execute(name, args)
    if (exitCode === 0) return
    throw new Error(`${name} of PostgreSQL ended with ${exitCode}: ${stderr.trim().split('\n').slice(-10).join('\n')}`)
  }

  async #execute(name: string, args: readonly string[]): Promise<CommandResult> {
    return runCommand(join(this.#installation, 'bin', name), args, {
      cwd: this.#folder,
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: this.#folder,
        LC_ALL: 'C',
        LD_LIBRARY_PATH: join(this.#installation, 'lib'),
      },
      ...(this.#user === undefined ? {} : { user: this.#user }),
    })
  }
}
