import { CoffreError, type Context } from '@coffre/foundation'
import type { Transaction } from 'kysely'
import type { Catalogue, Database } from '../catalogue/database.ts'
import { newId } from '../catalogue/new-id.ts'
import type { SecretBox } from './secret-box.ts'

/** Secrets of the catalogue: passwords of sources, keys and credentials of vaults. They leave it only into the hands that use them. */
export class SecretStore {
  readonly #catalogue: Catalogue
  readonly #box: SecretBox
  readonly #context: Context

  constructor(catalogue: Catalogue, box: SecretBox, context: Context) {
    this.#catalogue = catalogue
    this.#box = box
    this.#context = context
  }

  /** Stores a secret and returns its id. `purpose` says whose it is, and must be given again to read it. */
  async put(projectId: string, purpose: string, secret: Uint8Array, within: Transaction<Database> | Catalogue): Promise<string> {
    const id = newId(this.#context)
    const sealed = this.#box.seal(id, purpose, secret)
    const createdAt = new Date(this.#context.clock.nowMs())
    await within.insertInto('secret').values({ id, projectId, purpose, keyId: this.#box.keyId, sealed, createdAt }).execute()
    return id
  }

  /** `secret.unreadable` when it is not there, or was sealed with another key. */
  async get(id: string, purpose: string): Promise<Buffer> {
    const found = await this.#catalogue.selectFrom('secret').select(['keyId', 'sealed']).where('id', '=', id).executeTakeFirst()
    if (found !== undefined) return this.#box.open(id, purpose, found.keyId, found.sealed)
    throw new CoffreError('secret.unreadable', `there is no secret ${id} for ${purpose}`, { hint: 'Enter the credentials again.' })
  }

  /** How many secrets cannot be opened, as they were sealed with another key. */
  async countForeign(): Promise<number> {
    const { count } = await this.#catalogue
      .selectFrom('secret')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('keyId', '<>', this.#box.keyId)
      .executeTakeFirstOrThrow()
    return count
  }
}
