import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TemporaryFolder, temporaryFolder } from '@coffre/testkit'
import { type Ended, type RunOptions, runCoffre } from './coffre-process.ts'

/** A repository that is only ever used by the command line, and a few files to back up. */
export class CliVault implements AsyncDisposable {
  /** The folder of it all; the working folder of every command. */
  readonly folder: string
  readonly repo: string
  readonly passwordFile: string
  /** Two files and a link, in two folders. */
  readonly source: string
  readonly #folder: TemporaryFolder

  private constructor(folder: TemporaryFolder) {
    this.#folder = folder
    this.folder = folder.path
    this.repo = join(folder.path, 'R')
    this.passwordFile = join(folder.path, 'P')
    this.source = join(folder.path, 'source')
  }

  /** Without a repository yet. */
  static async prepare(): Promise<CliVault> {
    const vault = new CliVault(await temporaryFolder())
    await mkdir(join(vault.source, 'inner'), { recursive: true })
    await writeFile(vault.passwordFile, 'a good password\n')
    await writeFile(join(vault.source, 'one.txt'), 'one\n')
    await writeFile(join(vault.source, 'inner', 'two.txt'), 'two\n'.repeat(1000))
    return vault
  }

  static async create(args: readonly string[] = []): Promise<CliVault> {
    const vault = await CliVault.prepare()
    await vault.succeed(['init', ...args])
    return vault
  }

  path(name: string): string {
    return join(this.folder, name)
  }

  /** `coffre repo …` on this repository. */
  run(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
    const env = { COFFRE_REPO: this.repo, COFFRE_PASSWORD_FILE: this.passwordFile, ...options.env }
    return runCoffre(['repo', ...args], { cwd: this.folder, ...options, env })
  }

  /** The same; anything but exit code 0 fails the test. Resolves to standard output. */
  async succeed(args: readonly string[], options: RunOptions = {}): Promise<string> {
    const result = await this.run(args, options)
    assert.equal(result.exitCode, 0, `coffre repo ${args.join(' ')}: ${result.stderr}`)
    return result.stdout
  }

  async json<Value>(args: readonly string[]): Promise<Value> {
    return JSON.parse(await this.succeed([...args, '--json'])) as Value
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#folder[Symbol.asyncDispose]()
  }
}

export interface ListedSnapshot {
  readonly id: string
  readonly short_id: string
  readonly time: string
  readonly tree: string
  readonly parent?: string
  readonly tags?: readonly string[]
  readonly paths: readonly string[]
  readonly hostname: string
}
