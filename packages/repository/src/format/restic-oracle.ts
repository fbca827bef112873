import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A repository of stock restic in a temporary folder, for tests that compare with it. The binary is $COFFRE_RESTIC, or the first `restic` of the path. */
export class ResticOracle implements AsyncDisposable {
  /** A folder for the test's own files. */
  readonly folder: string
  readonly #environment: NodeJS.ProcessEnv

  private constructor(folder: string) {
    this.folder = folder
    this.#environment = {
      ...process.env,
      RESTIC_REPOSITORY: join(folder, 'repository'),
      RESTIC_PASSWORD: 'oracle',
      RESTIC_CACHE_DIR: join(folder, 'cache'),
      RESTIC_HOST: '',
    }
  }

  static async create(): Promise<ResticOracle> {
    const oracle = new ResticOracle(await mkdtemp(join(tmpdir(), 'coffre-restic-')))
    await oracle.run(['init'])
    return oracle
  }

  /** Standard output; rejects when restic's exit code is not 0. */
  async run(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Buffer> {
    const { stdout } = await run(process.env['COFFRE_RESTIC'] ?? 'restic', args, {
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

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }
}
