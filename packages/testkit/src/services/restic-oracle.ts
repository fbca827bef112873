import { execFile } from 'node:child_process'
import { createCipheriv, createDecipheriv, createHash, randomBytes, scryptSync } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findTool } from './find-tool.ts'

const run = promisify(execFile)
const password = 'oracle'

/**
 * A repository of stock restic in a temporary folder, for tests that compare with it. It shares no code with Coffre, and restic sees
 * nothing of the environment of the test.
 */
export class ResticOracle implements AsyncDisposable {
  /** A folder for the test's own files. */
  readonly folder: string
  readonly #restic = findTool('restic', 'COFFRE_RESTIC')
  readonly #environment: Readonly<Record<string, string>>
  #masterKey: Buffer = Buffer.alloc(0)

  private constructor(folder: string) {
    this.folder = folder
    this.#environment = {
      HOME: folder,
      RESTIC_REPOSITORY: this.repository,
      RESTIC_PASSWORD: password,
      RESTIC_CACHE_DIR: join(folder, 'cache'),
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

  /** Seals and stores JSON files, such as snapshots, without restic's checks; their names. */
  store(folder: 'snapshots' | 'index' | 'locks', contents: readonly Uint8Array[]): Promise<string[]> {
    return Promise.all(contents.map((content) => this.#write(folder, seal(this.#masterKey, content))))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }

  /** restic chooses a cost of half a second for each of its runs. */
  async #makeKeyCheap(): Promise<void> {
    const [id = ''] = await readdir(join(this.repository, 'keys'))
    const path = join(this.repository, 'keys', id)
    const key = JSON.parse((await readFile(path)).toString())
    const content = open(deriveKey(key.N, key.r, key.p, Buffer.from(key.salt, 'base64')), Buffer.from(key.data, 'base64'))
    const { mac, encrypt } = JSON.parse(content.toString())
    this.#masterKey = Buffer.concat([encrypt, mac.k, mac.r].map((text: string) => Buffer.from(text, 'base64')))
    const salt = randomBytes(64)
    const data = seal(deriveKey(16, 1, 1, salt), content)
    const cheap = { ...key, N: 16, r: 1, p: 1, salt: salt.toString('base64'), data: data.toString('base64') }
    await this.#write('keys', Buffer.from(JSON.stringify(cheap)))
    await rm(path)
  }

  async #write(folder: string, content: Uint8Array): Promise<string> {
    const id = createHash('sha256').update(content).digest('hex')
    await writeFile(join(this.repository, folder, id), content)
    return id
  }
}

/** Of 64 bytes: 32 to encrypt, 16 for the pad of the MAC, 16 for its r. */
function deriveKey(n: number, r: number, p: number, salt: Buffer): Buffer {
  return scryptSync(password, salt, 64, { N: n, r, p, maxmem: 1 << 30 })
}

function seal(key: Buffer, content: Uint8Array): Buffer {
  const iv = randomBytes(16)
  const body = createCipheriv('aes-256-ctr', key.subarray(0, 32), iv).update(content)
  return Buffer.concat([iv, body, poly1305Aes(key, iv, body)])
}

function open(key: Buffer, sealed: Buffer): Buffer {
  const [iv, body, tag] = [sealed.subarray(0, 16), sealed.subarray(16, -16), sealed.subarray(-16)]
  if (!poly1305Aes(key, iv, body).equals(tag)) throw new Error('the oracle cannot open its own key')
  return createDecipheriv('aes-256-ctr', key.subarray(0, 32), iv).update(body)
}

/** Bernstein, "The Poly1305-AES message-authentication code": plain, for small messages. */
function poly1305Aes(key: Buffer, iv: Buffer, message: Buffer): Buffer {
  const pad = createCipheriv('aes-128-ecb', key.subarray(32, 48), null).setAutoPadding(false).update(iv)
  const r = littleEndian(key.subarray(48)) & 0x0ffffffc0ffffffc0ffffffc0fffffffn
  let sum = 0n
  for (let at = 0; at < message.length; at += 16) {
    const block = Buffer.concat([message.subarray(at, at + 16), Buffer.of(1)])
    sum = ((sum + littleEndian(block)) * r) % ((1n << 130n) - 5n)
  }
  const tag = BigInt.asUintN(128, sum + littleEndian(pad))
  return Buffer.from(tag.toString(16).padStart(32, '0'), 'hex').reverse()
}

function littleEndian(bytes: Buffer): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`)
}
