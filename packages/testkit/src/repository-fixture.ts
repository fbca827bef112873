import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import {
  type BackupOptions,
  type BackupResult,
  backup,
  gearSecret,
  type Identity,
  initRepository,
  type LockSettings,
  listSnapshots,
  loadIndex,
  openLocalFiles,
  openRepository,
  type Repository,
  type RepositoryContext,
  type RepositoryIndex,
  type StoredSnapshot,
  selectAll,
} from '@coffre/repository'
import { type Backend, MemoryBackend } from '@coffre/storage'
import { FakeClock } from './fake-clock.ts'
import { SeededRandom } from './seeded-random.ts'
import { type TemporaryFolder, temporaryFolder } from './temporary-folder.ts'

/** The password of every fixture's repository; stock restic takes it as RESTIC_PASSWORD. */
export const fixturePassword = 'fixture'

export interface FixtureOptions<B extends Backend> {
  /** Where the repository is made; a fresh memory backend unless given. */
  readonly backend?: B
  readonly seed?: number
  /** Worker threads; none unless given, so that everything happens on the calling thread. */
  readonly workers?: number
  readonly version?: 1 | 2
  readonly context?: Partial<RepositoryContext>
  /** The clock that the test owns, where the backend lives on it too; an automatic one unless given. */
  readonly clock?: FakeClock
  /** Makes a locked vault; the backend has to offer object lock. */
  readonly lock?: LockSettings
}

/** What to put in the source folder: content by path below it; undefined removes what is there. */
export type SourceFiles = Readonly<Record<string, string | Uint8Array | undefined>>

const identity: Identity = {
  hostname: 'fixture-host',
  username: 'fixture',
  uid: 1000,
  gid: 1000,
  processId: 4242,
  instance: 'test',
  isProcessAlive: (processId) => processId === 4242,
}

/** A context that a test owns: a fake clock that jumps over each pause, seeded randomness, cheap keys, no threads. */
export function fixtureContext(options: { readonly seed?: number; readonly workers?: number } = {}): RepositoryContext & {
  readonly clock: FakeClock
} {
  return {
    clock: new FakeClock({ automatic: true }),
    random: new SeededRandom(options.seed ?? 1),
    identity,
    files: openLocalFiles(),
    workers: options.workers ?? 0,
    scrypt: { n: 2, r: 8, p: 1 },
  }
}

/** A small repository and a folder of files to back up into it. Both go away with it; a given backend stays. */
export class RepositoryFixture<B extends Backend = MemoryBackend> implements AsyncDisposable {
  readonly backend: B
  readonly context: RepositoryContext & { readonly clock: FakeClock }
  readonly repository: Repository
  /** The source folder. */
  readonly source: string
  readonly signal: AbortSignal = new AbortController().signal
  readonly #folder: TemporaryFolder

  private constructor(backend: B, context: RepositoryFixture['context'], repository: Repository, folder: TemporaryFolder) {
    this.backend = backend
    this.context = context
    this.repository = repository
    this.#folder = folder
    this.source = join(folder.path, 'source')
  }

  static async create(options?: FixtureOptions<MemoryBackend>): Promise<RepositoryFixture>
  static async create<B extends Backend>(options: FixtureOptions<B> & { readonly backend: B }): Promise<RepositoryFixture<B>>
  static async create(options: FixtureOptions<Backend> = {}): Promise<RepositoryFixture<Backend>> {
    const backend = options.backend ?? new MemoryBackend()
    const base = fixtureContext(options)
    const context = { ...base, ...options.context, clock: options.clock ?? base.clock }
    const signal = new AbortController().signal
    const init = {
      password: Buffer.from(fixturePassword),
      ...(options.version === undefined ? {} : { version: options.version }),
      ...(options.lock === undefined ? {} : { lock: options.lock }),
    }
    const repository = await initRepository(backend, context, init, signal)
    const folder = await temporaryFolder()
    const fixture = new RepositoryFixture(backend, context, repository, folder)
    await mkdir(fixture.source)
    return fixture
  }

  /** Opens the same repository on another backend, such as one that a crash left behind, or on this one anew. */
  async open<Other extends Backend = B>(backend?: Other): Promise<Repository> {
    return openRepository(backend ?? this.backend, this.context, { password: Buffer.from(fixturePassword) }, this.signal)
  }

  async write(files: SourceFiles): Promise<void> {
    for (const [path, content] of Object.entries(files)) {
      const target = join(this.source, path)
      await mkdir(dirname(target), { recursive: true })
      if (content === undefined) await rm(target, { recursive: true, force: true })
      else await writeFile(target, content)
    }
  }

  /** Content that no compression shrinks, the same for the same number. */
  noise(sizeBytes: number, seed: number): Uint8Array {
    return new SeededRandom(seed).bytes(sizeBytes)
  }

  /** Writes `files`, backs the source folder up and resolves to the new snapshot. A minute passes before. */
  async snapshot(files: SourceFiles = {}, options: Partial<BackupOptions> = {}): Promise<StoredSnapshot> {
    await this.write(files)
    this.context.clock.advance(60_000)
    const { snapshotId } = await this.backup(options)
    const snapshot = (await listSnapshots(this.repository, this.signal)).find(({ id }) => id === snapshotId)
    if (snapshot === undefined) throw new Error('the backup made no snapshot')
    return snapshot
  }

  async backup(
    options: Partial<BackupOptions> = {},
    repository = this.repository,
    loaded?: RepositoryIndex,
  ): Promise<BackupResult> {
    const index = loaded ?? (await loadIndex(repository, {}, this.signal))
    return backup(repository, index, [this.source], { ...this.backupOptions(), ...options }, this.signal)
  }

  backupOptions(): BackupOptions {
    return {
      selection: selectAll,
      withAtime: false,
      cut: 'auto',
      force: false,
      ignoreCtime: false,
      ignoreInode: false,
      onError(path, error) {
        throw new Error(`${path} could not be backed up`, { cause: error })
      },
      tags: [],
      hostname: identity.hostname,
      excludes: [],
      parent: undefined,
      compression: 'auto',
      verification: 'all',
      contentCut: { kind: 'gear', secret: gearSecret(this.repository) },
      programVersion: 'coffre test',
      skipIfUnchanged: false,
      workingFolder: '/',
      packBytes: 64 * 1024,
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#folder[Symbol.asyncDispose]()
  }
}
