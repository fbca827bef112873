import { realpath } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, resolve } from 'node:path'
import { CoffreError, type Context } from '@coffre/foundation'
import {
  defaultScryptCost,
  openLocalFiles,
  openRepository,
  processIdentity,
  type Repository,
  type RepositoryContext,
  type WorkerThreads,
  withVersionFallback,
} from '@coffre/repository'
import {
  type Backend,
  type Environment,
  formatLocation,
  openBackend,
  parseLocation,
  type S3CredentialProvider,
  type S3Credentials,
  s3CredentialsFrom,
} from '@coffre/storage'

/** Where vaults are, and how this process gets to them. */
export class VaultPlaces {
  readonly #stateFolder: string
  readonly #context: Context
  readonly #environment: Environment
  /** Threads for the work on one vault. */
  readonly #workers: number
  /** How often storage that does not answer is asked; the usual number of times when undefined. */
  readonly #attemptsMax: number | undefined
  readonly #threads: WorkerThreads | undefined

  constructor(
    stateFolder: string,
    context: Context,
    environment: Environment,
    workers: number,
    attemptsMax?: number,
    threads?: WorkerThreads,
  ) {
    this.#stateFolder = stateFolder
    this.#context = context
    this.#environment = environment
    this.#workers = workers
    this.#attemptsMax = attemptsMax
    this.#threads = threads
  }

  /**
   * The location as it is kept and compared: links resolved, so that one place has one spelling. Without one given, a folder of the
   * state folder. A relative path is refused: whoever gave it stood elsewhere.
   */
  async locate(given: string | undefined, name: string): Promise<string> {
    const location = parseLocation(given ?? join(this.#stateFolder, 'vaults', name))
    if (location.kind === 's3') return formatLocation(location)
    if (!isAbsolute(location.path)) {
      throw new CoffreError('usage.invalid', `the location ${location.path} of a vault is not absolute`, {
        hint: 'The server may run in another folder than you: give the whole path.',
      })
    }
    return realLocation(resolve(location.path))
  }

  isLocal(location: string): boolean {
    return parseLocation(location).kind === 'local'
  }

  /** The storage there. Where it keeps versions, what was hidden or replaced is read all the same. */
  async openStorage(location: string, credentials: S3Credentials | undefined, signal: AbortSignal): Promise<Backend> {
    const provider: S3CredentialProvider =
      credentials === undefined ? await s3CredentialsFrom(this.#environment) : () => Promise.resolve(credentials)
    const region = this.#environment['AWS_REGION']
    const s3 = () => ({ credentials: provider, ...(region === undefined ? {} : { region }) })
    const options = { s3, ...(this.#attemptsMax === undefined ? {} : { attemptsMax: this.#attemptsMax }) }
    return withVersionFallback(await openBackend(parseLocation(location), options, this.#context, signal))
  }

  async openRepository(backend: Backend, password: Uint8Array, signal: AbortSignal): Promise<Repository> {
    return openRepository(backend, this.repositoryContext(), { password }, signal)
  }

  repositoryContext(): RepositoryContext {
    return {
      ...this.#context,
      identity: processIdentity(),
      files: openLocalFiles(),
      workers: this.#workers,
      ...(this.#threads === undefined ? {} : { threads: this.#threads }),
      scrypt: defaultScryptCost,
    }
  }
}

/** The path with the links of what exists of it resolved. Nothing is made. */
async function realLocation(path: string): Promise<string> {
  const folder = dirname(path)
  if (folder === path) return path
  // The last part stays as it is: a vault that is there and one that is yet to be made have the same spelling.
  const real = await realpath(folder).catch(() => realLocation(folder))
  return join(real, basename(path))
}
