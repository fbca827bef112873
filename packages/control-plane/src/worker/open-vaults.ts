import { createHash } from 'node:crypto'
import type { Repository } from '@coffre/repository'
import type { Backend, S3Credentials } from '@coffre/storage'
import type { VaultPlaces } from '../vaults/vault-places.ts'

export interface VaultAccess {
  readonly location: string
  readonly credentials: S3Credentials | undefined
  readonly password: Uint8Array
}

interface Kept {
  readonly repository: Repository
  readonly storage: Backend
  /** As it was stored when the vault was opened. */
  readonly config: Uint8Array
  users: number
}

const keptMax = 16

/**
 * Vaults that stay open from one job to the next: to open one takes a third of a second of computing, as its password is meant to
 * be dear to guess. A vault that was replaced by another one meanwhile is opened anew.
 */
export class OpenVaults implements AsyncDisposable {
  readonly #places: VaultPlaces
  /** The least recently used first. */
  readonly #kept = new Map<string, Kept>()

  constructor(places: VaultPlaces) {
    this.#places = places
  }

  async open(access: VaultAccess, signal: AbortSignal): Promise<{ readonly repository: Repository } & AsyncDisposable> {
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
      [Symbol.asyncDispose]: async () => {
        kept.users--
        if (this.#kept.get(key) !== kept) await this.#forget(kept)
      },
    }
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
    return { repository, storage, config, users: 0 }
  }

  async #shrink(): Promise<void> {
    for (const [key, kept] of this.#kept) {
      if (this.#kept.size <= keptMax) return
      if (kept.users > 0) continue
      this.#kept.delete(key)
      await this.#forget(kept)
    }
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
