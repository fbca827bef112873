import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { Client } from '@coffre/api-contract'
import pg from 'pg'

const settleMs = 15_000

/** A server with an empty state folder, and its catalogue's database to fill by hand. */
export class BenchServer implements AsyncDisposable {
  readonly folder: string
  readonly client: Client
  readonly #child: ChildProcess

  private constructor(folder: string, client: Client, child: ChildProcess) {
    this.folder = folder
    this.client = client
    this.#child = child
  }

  static async start(project: string): Promise<BenchServer> {
    const folder = await mkdtemp(join(tmpdir(), 'coffre-bench-server-'))
    await chmod(folder, 0o711)
    const state = join(folder, 'state')
    const child = spawn('sh', [join(project, 'tools/start.sh')], {
      env: { ...process.env, COFFRE_STATE: state, COFFRE_PORT: '0', COFFRE_DATABASE_URL: '' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const isReady = Promise.withResolvers<void>()
    child.stdout.on('data', (text: Buffer) => {
      if (text.includes('Coffre is running at')) isReady.resolve()
    })
    child.once('exit', (code) => isReady.reject(new Error(`the server ended with ${code}`)))
    await isReady.promise
    const { url } = JSON.parse(await readFile(join(state, 'server.json'), 'utf8')) as { url: string }
    const token = (await readFile(join(state, 'local-credential'), 'utf8')).trim()
    return new BenchServer(folder, new Client({ url, token }), child)
  }

  /** Its resident memory, once it has come to rest. */
  async idleRssMb(): Promise<number> {
    await setTimeout(settleMs)
    return rssMb(this.#child.pid ?? 0)
  }

  rssMb(): Promise<number> {
    return rssMb(this.#child.pid ?? 0)
  }

  async database(): Promise<pg.Client> {
    const state = join(this.folder, 'state')
    const password = (await readFile(join(state, 'catalogue-password'), 'utf8')).trim()
    const client = new pg.Client({
      host: join(state, 'catalogue/socket'),
      port: 5432,
      user: 'coffre',
      password,
      database: 'coffre',
    })
    await client.connect()
    return client
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGINT')
    await ended
    await rm(this.folder, { recursive: true, force: true })
  }
}

export async function rssMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024
}
