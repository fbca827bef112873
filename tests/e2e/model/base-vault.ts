import {
  backup,
  type FileStatus,
  type LocalFiles,
  listSnapshots,
  loadIndex,
  Repository,
  type RepositoryContext,
  type Selection,
} from '@coffre/repository'
import type { Backend, StoredFiles } from '@coffre/storage'
import { RepositoryFixture } from '@coffre/testkit'
import { seedNonces } from './seeded-nonces.ts'

const signal = new AbortController().signal
/** Where the files seem to be. */
export const sourceFolder = '/model-source'

/** Where every history begins: a vault with three snapshots, what a fourth one has left behind, and sixteen files of which each backup takes some. */
export class BaseVault implements AsyncDisposable {
  readonly fixture: RepositoryFixture
  readonly files: StoredFiles
  readonly #context: RepositoryContext

  private constructor(fixture: RepositoryFixture, context: RepositoryContext) {
    this.fixture = fixture
    this.files = fixture.backend.files()
    this.#context = context
  }

  static async create(): Promise<BaseVault> {
    seedNonces(1)
    const fixture = await RepositoryFixture.create({ seed: 1 })
    const files: Record<string, Uint8Array> = {}
    for (let number = 0; number < sourceFiles; number++) {
      files[`d${number % 3}/f${String(number).padStart(2, '0')}`] = fixture.noise(600 + 100 * number, number)
    }
    await fixture.write(files)
    const context = { ...fixture.context, files: timeless(fixture.context.files, fixture.source) }
    const vault = new BaseVault(fixture, context)
    const repository = vault.open(fixture.backend, context)
    for (const mask of [0b1111_0000_0000, 0b0000_1111, 0b0011_1100, 0b1111_0000]) {
      const selection = selectionOf(mask)
      const options = { ...fixture.backupOptions(), selection, packBytes: 4096, cut: 'fixed' } as const
      await backup(repository, await loadIndex(repository, {}, signal), [sourceFolder], options, signal)
    }
    const [oldest] = await listSnapshots(repository, signal)
    if (oldest !== undefined) await fixture.backend.remove({ type: 'snapshot', name: oldest.id }, signal)
    return new BaseVault(fixture, context)
  }

  open(backend: Backend, context: Partial<RepositoryContext>): Repository {
    const { config, masterKey, keyId } = this.fixture.repository
    return new Repository(backend, { ...this.#context, ...context }, config, masterKey, keyId)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.fixture[Symbol.asyncDispose]()
  }
}

export const sourceFiles = 16

/** Each file is in or out by one bit, so that backups share some and not all of their blobs. */
export function selectionOf(mask: number): Selection {
  return {
    filters: true,
    includesName: (path) => !/f\d\d$/.test(path) || (mask & (1 << Number(path.slice(-2)))) !== 0,
    includes: () => true,
  }
}

const time = { seconds: 1_700_000_000, nanoseconds: 0 }

/**
 * The same files without what differs between two runs of this program, so that trees have the same ids each time: they appear to be
 * in `sourceFolder`, and their times and numbers are fixed.
 */
function timeless(inner: LocalFiles, realFolder: string): LocalFiles {
  const real = (path: string): string => (path.startsWith(sourceFolder) ? realFolder + path.slice(sourceFolder.length) : path)
  const status = (path: string): FileStatus => {
    return { ...inner.status(real(path)), inode: 1, device: 1, mtime: time, atime: time, ctime: time, uid: 0, gid: 0 }
  }
  return new Proxy(inner, {
    get(target, property) {
      if (property === 'status') return status
      const value: unknown = Reflect.get(target, property, target)
      if (typeof value !== 'function') return value
      return (...args: readonly unknown[]): unknown => {
        const [first, ...rest] = args
        return Reflect.apply(value, target, typeof first === 'string' ? [real(first), ...rest] : args)
      }
    },
  })
}
