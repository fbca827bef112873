import { CoffreError } from '@coffre/foundation'
import { formatInstant, type Repository } from '@coffre/repository'
import { decodeLock, encodeLock } from '../../../packages/repository/src/format/lock-codec.ts'

const settleMs = 200
const refreshMs = 5 * 60_000
const refreshableMs = 22.5 * 60_000

/**
 * Stock restic's locking, written from its description and not from ours: look, put a file, wait a fifth of a second, look again;
 * refresh by a new file and the removal of the old one; stop the work when that fails for too long.
 */
export class ResticLock implements AsyncDisposable {
  readonly #repository: Repository
  readonly #exclusive: boolean
  readonly #stop = new AbortController()
  readonly #released = new AbortController()
  #name: string

  private constructor(repository: Repository, exclusive: boolean, name: string) {
    this.#repository = repository
    this.#exclusive = exclusive
    this.#name = name
    void this.#keep()
  }

  static async take(repository: Repository, exclusive: boolean, signal: AbortSignal): Promise<ResticLock> {
    await refuse(repository, exclusive, '', signal)
    const name = await put(repository, exclusive, signal)
    try {
      await repository.context.clock.sleep(settleMs, signal)
      await refuse(repository, exclusive, name, signal)
    } catch (error) {
      await repository.backend.remove({ type: 'lock', name }, signal)
      throw error
    }
    return new ResticLock(repository, exclusive, name)
  }

  get signal(): AbortSignal {
    return this.#stop.signal
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#released.abort()
    await this.#repository.backend.remove({ type: 'lock', name: this.#name }, AbortSignal.timeout(2 ** 30))
  }

  async #keep(): Promise<void> {
    const { clock } = this.#repository.context
    const signal = this.#released.signal
    for (let refreshedMs = clock.monotonicMs(); ; ) {
      try {
        await clock.sleep(refreshMs, signal)
        if (clock.monotonicMs() - refreshedMs > refreshableMs) throw new Error('the lock is too old to be refreshed')
        const old = this.#name
        this.#name = await put(this.#repository, this.#exclusive, signal)
        refreshedMs = clock.monotonicMs()
        await this.#repository.backend.remove({ type: 'lock', name: old }, signal)
      } catch {
        if (signal.aborted) return
        if (clock.monotonicMs() - refreshedMs <= refreshableMs) continue
        this.#stop.abort(new CoffreError('interrupted', 'restic: the lock was lost'))
        return
      }
    }
  }
}

async function put(repository: Repository, exclusive: boolean, signal: AbortSignal): Promise<string> {
  const { clock, identity } = repository.context
  const { hostname, username, uid, gid } = identity
  const lock = { time: formatInstant(clock.nowMs()), exclusive, hostname, username, pid: identity.processId, uid, gid }
  return repository.saveUnpacked('lock', encodeLock(lock), signal)
}

async function refuse(repository: Repository, exclusive: boolean, own: string, signal: AbortSignal): Promise<void> {
  for (const name of await repository.names('lock', signal)) {
    if (name === own) continue
    let other: { readonly exclusive: boolean }
    try {
      other = decodeLock(await repository.loadUnpacked('lock', name, signal))
    } catch (error) {
      if (error instanceof CoffreError && error.code === 'storage.missing') continue
      throw error
    }
    if (exclusive || other.exclusive) throw new CoffreError('repository.locked', 'restic: the repository is locked')
  }
}
