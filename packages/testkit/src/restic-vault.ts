import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { initRepository, openRepository, type Repository, type RepositoryContext } from '@coffre/repository'
import { LocalBackend } from '@coffre/storage'
import { fixtureContext, fixturePassword } from './repository-fixture.ts'
import { findTool } from './services/find-tool.ts'
import { type TemporaryFolder, temporaryFolder } from './temporary-folder.ts'

const run = promisify(execFile)

export interface VaultOptions {
  readonly version?: 1 | 2
  readonly seed?: number
  readonly workers?: number
}

/** A repository in a temporary folder that stock restic and Coffre use in turn, with a cheap key. */
export class ResticVault implements AsyncDisposable {
  readonly context: RepositoryContext
  readonly signal: AbortSignal = new AbortController().signal
  /** Where the repository is. */
  readonly location: string
  /** An empty folder for what is to be backed up. */
  readonly source: string
  readonly #folder: TemporaryFolder
  readonly #restic = findTool('restic', 'COFFRE_RESTIC')

  private constructor(folder: TemporaryFolder, context: RepositoryContext) {
    this.#folder = folder
    this.context = context
    this.location = join(folder.path, 'vault')
    this.source = join(folder.path, 'source')
  }

  static async create(options: VaultOptions = {}): Promise<ResticVault> {
    const vault = new ResticVault(await temporaryFolder(), fixtureContext(options))
    const init = { password: Buffer.from(fixturePassword), ...(options.version === undefined ? {} : { version: options.version }) }
    await initRepository(vault.#backend(), vault.context, init, vault.signal)
    await mkdir(vault.source)
    return vault
  }

  /** The repository, or a copy of it elsewhere, opened anew. */
  async open(options: { readonly password?: string; readonly location?: string } = {}): Promise<Repository> {
    const password = Buffer.from(options.password ?? fixturePassword)
    return openRepository(this.#backend(options.location), this.context, { password }, this.signal)
  }

  /** A path in the temporary folder, for anything else that a test needs. */
  path(name: string): string {
    return join(this.#folder.path, name)
  }

  /** Standard output of stock restic on this repository, run in `folder`; rejects when its exit code is not 0. */
  async restic(
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
    folder: string = this.source,
  ): Promise<Buffer> {
    const { stdout } = await run(this.#restic, [...args], {
      cwd: folder,
      env: {
        ...process.env,
        RESTIC_REPOSITORY: this.location,
        RESTIC_PASSWORD: fixturePassword,
        RESTIC_CACHE_DIR: this.path('cache'),
        RESTIC_HOST: '',
        ...environment,
      },
      encoding: 'buffer',
      maxBuffer: 1 << 30,
    })
    return stdout
  }

  /** The lines that `--json` makes restic print. */
  async resticLines(args: readonly string[], environment?: Readonly<Record<string, string>>, folder?: string): Promise<string[]> {
    const text = (await this.restic([...args, '--json'], environment, folder)).toString().trimEnd()
    return text === '' ? [] : text.split('\n')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#folder[Symbol.asyncDispose]()
  }

  #backend(location = this.location): LocalBackend {
    return new LocalBackend(location, this.context)
  }
}
