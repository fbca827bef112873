import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from '@coffre/api-contract'

export const projectFolder = new URL('../../../', import.meta.url).pathname

export interface CliResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** A server as `npm start` runs it, in a state folder of its own, and the command line beside it. */
export class ServerProcess implements AsyncDisposable {
  /** For what a test makes; the state is in `state` there. */
  readonly folder: string
  readonly #environment: NodeJS.ProcessEnv
  #child: ChildProcess | undefined
  #output = ''

  private constructor(folder: string, environment: NodeJS.ProcessEnv) {
    this.folder = folder
    this.#environment = environment
  }

  static async start(environment: NodeJS.ProcessEnv = {}): Promise<ServerProcess> {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'coffre-server-')))
    // So that the account of the embedded engine can pass, and its data is removed with the folder.
    await chmod(folder, 0o711)
    const own = {
      ...process.env,
      LANG: 'C',
      COFFRE_STATE: join(folder, 'state'),
      COFFRE_PORT: '0',
      COFFRE_DATABASE_URL: '',
      ...environment,
    }
    const server = new ServerProcess(folder, own)
    try {
      await server.startAgain()
      return server
    } catch (error) {
      await server[Symbol.asyncDispose]()
      throw error
    }
  }

  get stateFolder(): string {
    return join(this.folder, 'state')
  }

  /** What the server has printed. */
  get output(): string {
    return this.#output
  }

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  /** Resolves once it says where it listens. */
  async startAgain(): Promise<void> {
    this.#output = ''
    const child = spawn('sh', [join(projectFolder, 'tools/start.sh')], {
      env: this.#environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    const isReady = Promise.withResolvers<void>()
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text
        if (this.#output.includes('Coffre is running at')) isReady.resolve()
      })
    }
    child.once('exit', (code) => isReady.reject(new Error(`the server ended with ${code}: ${this.#output}`)))
    await isReady.promise
  }

  async stop(signal: NodeJS.Signals = 'SIGINT'): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    child.removeAllListeners('exit')
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }

  /** Runs `./coffre` in the folder of the test. */
  async cli(...args: readonly string[]): Promise<CliResult> {
    return new Promise((resolve) => {
      const options = { cwd: this.folder, env: this.#environment, maxBuffer: 64 << 20 }
      execFile(join(projectFolder, 'coffre'), args, options, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
      })
    })
  }

  /** The same for what must succeed: its output, parsed when it is JSON. */
  async json<Value = Record<string, unknown>>(...args: readonly string[]): Promise<Value> {
    const { code, stdout, stderr } = await this.cli(...args, '--json')
    if (code !== 0) throw new Error(`coffre ${args.join(' ')} ended with ${code}: ${stderr}`)
    return JSON.parse(stdout) as Value
  }

  async client(): Promise<Client> {
    const { url } = JSON.parse(await readFile(join(this.stateFolder, 'server.json'), 'utf8')) as { url: string }
    return new Client({ url, token: (await readFile(join(this.stateFolder, 'local-credential'), 'utf8')).trim() })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    await rm(this.folder, { recursive: true, force: true })
  }
}
