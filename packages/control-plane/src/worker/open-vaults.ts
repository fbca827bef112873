import { createHash } from 'node:crypto'
import { minuteMs } from '@coffre/foundation'
import { KeptVault, type Repository } from '@coffre/repository'
import type { Backend, S3Credentials } from '@coffre/storage'
import type { VaultPlaces } from '../vaults/vault-places.ts'

export interface VaultAccess {
  readonly location: string
  readonly credentials: S3Credentials | undefined
  readonly password: Uint8Array
}

/** One that is open, and what this process knows of it. */
export interface OpenedVault {
  readonly repository: Repository
  readonly kept: KeptVault
}

interface Kept extends OpenedVault {
  readonly storage: Backend
  /** As it was stored when the vault was opened. */
  readonly config: Uint8Array
  users: number
  /** When the last one left. */
  leftAtMs: number
  isWatched: boolean
}

const keptMax = 16
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
  readonly #closed = new AbortController()

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
      [Symbol.asyncDispose]: async () => {
        kept.users--
        if (this.#kept.get(key) !== kept) await this.#forget(kept)
        else if (kept.users === 0) this.#left(kept)
      },
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort()
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
    return { repository, kept: new KeptVault(repository), storage, config, users: 0, leftAtMs: 0, isWatched: false }
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
    kept.leftAtMs = kept.repository.context.clock.monotonicMs()
    if (!kept.isWatched) void this.#letGo(kept)
    let bytes = 0
    for (const one of [...this.#kept.values()].reverse()) {
      bytes += one.kept.memoryBytes
      if (bytes > knownBytesMax && one.users === 0) one.kept.release()
    }
  }

  /** Lets go of what is known of a vault once nobody has used it for a while. */
  async #letGo(kept: Kept): Promise<void> {
    const { clock } = kept.repository.context
    const leftMs = (): number => (kept.users > 0 ? knownMs : kept.leftAtMs + knownMs - clock.monotonicMs())
    kept.isWatched = true
    try {
      for (let ms = leftMs(); ms > 0; ms = leftMs()) await clock.sleep(ms, this.#closed.signal)
    } catch {
      // Closed: it all goes with this object.
      return
    }
    kept.isWatched = false
    kept.kept.release()
  }

  /** Closes what nobody uses; whoever uses it last closes it otherwise. */
  async #forget(kept: Kept): Promise<void> {
    if (kept.users === 0) await kept.storage[Symbol.asyncDispose]()
  }
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
