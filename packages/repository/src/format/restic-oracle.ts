import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findTool } from '@coffre/testkit'
import { openPrimitives } from '../crypto/open-primitives.ts'
import type { MasterKey } from '../crypto/sealer.ts'
import { Workbench } from '../crypto/workbench.ts'
import { openKeyFile } from '../repository/key-files.ts'
import { deriveKey, encodeMasterKey } from '../repository/master-key.ts'
import { decodeKey, encodeKey } from './key-codec.ts'
import type { Id } from './node.ts'

const run = promisify(execFile)
const password = Buffer.from('oracle')
/** restic's own cost would be half a second for each call. */
const cheap = { n: 16, r: 1, p: 1 }

/** A repository of stock restic in a temporary folder, for tests that compare with it. */
export class ResticOracle implements AsyncDisposable {
  /** A folder for the test's own files. */
  readonly folder: string
  readonly #restic = findTool('restic', 'COFFRE_RESTIC')
  readonly #environment: NodeJS.ProcessEnv

  private constructor(folder: string) {
    this.folder = folder
    this.#environment = {
      ...process.env,
      RESTIC_REPOSITORY: this.repository,
      RESTIC_PASSWORD: password.toString(),
      RESTIC_CACHE_DIR: join(folder, 'cache'),
      RESTIC_HOST: '',
    }
  }

  static async create(): Promise<ResticOracle> {
    const oracle = new ResticOracle(await mkdtemp(join(tmpdir(), 'coffre-restic-')))
    await oracle.run(['init'])
    await oracle.#makeKeyCheap()
    return oracle
  }

  get repository(): string {
    return join(this.folder, 'repository')
  }

  /** Standard output; rejects when restic's exit code is not 0. */
  async run(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Buffer> {
    const { stdout } = await run(this.#restic, args, {
      cwd: this.folder,
      env: { ...this.#environment, ...environment },
      encoding: 'buffer',
      maxBuffer: 1 << 30,
    })
    return stdout
  }

  async json<T>(args: readonly string[], environment?: Readonly<Record<string, string>>): Promise<T> {
    return JSON.parse((await this.run([...args, '--json'], environment)).toString()) as T
  }

  /** The ids that `restic list` names. */
  async list(type: string): Promise<string[]> {
    const text = (await this.run(['list', type, '--no-lock'])).toString().trim()
    return text === '' ? [] : text.split('\n')
  }

  /** Seals and stores files such as snapshots, without restic's checks; their names. */
  async store(folder: 'snapshots' | 'index' | 'locks', contents: readonly Uint8Array[]): Promise<Id[]> {
    const workbench = new Workbench(await this.#masterKey(), openPrimitives())
    const ids: Id[] = []
    for (const content of contents) ids.push(await this.#write(folder, workbench.seal(content)))
    return ids
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }

  async #makeKeyCheap(): Promise<void> {
    const [id = ''] = await this.list('keys')
    const old = join(this.repository, 'keys', id)
    const masterKey = await this.#masterKey()
    const salt = randomBytes(64)
    const data = new Workbench(await deriveKey(password, salt, cheap), openPrimitives()).seal(encodeMasterKey(masterKey))
    const key = { ...decodeKey(await readFile(old)), scryptN: cheap.n, scryptR: cheap.r, scryptP: cheap.p, salt, data }
    await this.#write('keys', encodeKey(key))
    await rm(old)
  }

  async #masterKey(): Promise<MasterKey> {
    const [id = ''] = await this.list('keys')
    const masterKey = await openKeyFile(await readFile(join(this.repository, 'keys', id)), id, password)
    if (masterKey === undefined) throw new Error('the oracle cannot open its own key')
    return masterKey
  }

  async #write(folder: string, content: Uint8Array): Promise<Id> {
    const id = createHash('sha256').update(content).digest('hex')
    await writeFile(join(this.repository, folder, id), content)
    return id
  }
}
