import { createHash } from 'node:crypto'
import { minuteMs } from '@coffre/foundation'
import { KeptVault, type Repository } from '@coffre/repository'
import type { Backend, S3Credentials } from '@coffre/storage'
import type { VaultPlaces } from '../vaults/vault-places.ts'
import { SharedLock } from './shared-lock.ts'

export interface VaultAccess {
  readonly location: string
  readonly credentials: S3Credentials | undefined
  readonly password: Uint8Array
}

/** One that is open, and what this process knows of it. */
export interface OpenedVault {
  readonly repository: Repository
  readonly kept: KeptVault
  /** Of the jobs that add to it and read it. */
  readonly lock: SharedLock
}

interface Kept extends OpenedVault {
  readonly storage: Backend
  /** As it was stored when the vault was opened. */
  readonly config: Uint8Array
  users: number
  /** When the last one left. */
  leftAtMs: number
}

const keptMax = 16
/** How long a job waits for those who work in a vault alone. */
const lockWaitMs = 10 * minuteMs
/** What is known of a vault that nobody works in is let go after so long. */
const knownMs = 5 * minuteMs
/** And at once where all vaults together take more than this. */
const knownBytesMax = 96 * 1024 * 1024

/**
 * Vaults that stay open from one job to the next: to open one takes a third of a second of computing, as its password is meant to
 * be dear to guess, and what was read of one need not be read again by the next job. A vault that was replaced by another one
 * meanwhile is opened anew.
 */
export class OpenVaults implements AsyncDisposable {
  readonly #places: VaultPlaces
  /** The least recently used first. */
  readonly #kept = new Map<string, Kept>()

  constructor(places: VaultPlaces) {
    this.#places = places
  }

  async open(access: VaultAccess, signal: AbortSignal): Promise<OpenedVault & AsyncDisposable> {
    const key = keyOf(access)
    const known = this.#kept.get(key)
    const kept = known !== undefined && (await isSame(known, signal)) ? known : await this.#open(access, signal)
    kept.users++
    this.#kept.delete(key)
    this.#kept.set(key, kept)
    if (known !== undefined && known !== kept) await this.#forget(known)
    await this.#shrink()
    return {
      repository: kept.repository,
      kept: kept.kept,
      lock: kept.lock,
      [Symbol.asyncDispose]: async () => {
        kept.users--
        if (this.#kept.get(key) !== kept) await this.#forget(kept)
        else if (kept.users === 0) this.#left(kept)
      },
    }
  }

  /** Lets go of what is known of vaults that nobody has used for a while. Whoever has time calls it now and then. */
  rest(): void {
    for (const kept of this.#kept.values())
      if (kept.users === 0 && monotonicMs(kept) - kept.leftAtMs >= knownMs) kept.kept.release()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const all = [...this.#kept.values()]
    this.#kept.clear()
    for (const kept of all) await this.#forget(kept)
  }

  async #open({ location, credentials, password }: VaultAccess, signal: AbortSignal): Promise<Kept> {
    await using stack = new AsyncDisposableStack()
    const storage = stack.use(await this.#places.openStorage(location, credentials, signal))
    const repository = await this.#places.openRepository(storage, password, signal)
    const config = await storage.load({ type: 'config', name: '' }, undefined, signal)
    stack.move()
    const lock = new SharedLock(repository, lockWaitMs)
    return { repository, kept: new KeptVault(repository), lock, storage, config, users: 0, leftAtMs: 0 }
  }

  async #shrink(): Promise<void> {
    for (const [key, kept] of this.#kept) {
      if (this.#kept.size <= keptMax) return
      if (kept.users > 0) continue
      this.#kept.delete(key)
      await this.#forget(kept)
    }
  }

  #left(kept: Kept): void {
    kept.leftAtMs = monotonicMs(kept)
    let bytes = 0
    for (const one of [...this.#kept.values()].reverse()) {
      bytes += one.kept.memoryBytes
      if (bytes > knownBytesMax && one.users === 0) one.kept.release()
    }
  }

  /** Closes what nobody uses; whoever uses it last closes it otherwise. */
  async #forget(kept: Kept): Promise<void> {
    if (kept.users === 0) await kept.storage[Symbol.asyncDispose]()
  }
}

function monotonicMs({ repository }: Kept): number {
  return repository.context.clock.monotonicMs()
}

async function isSame({ storage, config }: Kept, signal: AbortSignal): Promise<boolean> {
  return Buffer.from(config).equals(await storage.load({ type: 'config', name: '' }, undefined, signal))
}

function keyOf({ location, credentials, password }: VaultAccess): string {
  return createHash('sha256')
    .update(JSON.stringify([location, credentials ?? null]))
    .update(password)
    .digest('hex')
}
