import { CoffreError, type Context } from '@coffre/foundation'
import type { Transaction } from 'kysely'
import type { Catalogue, Database } from '../catalogue/database.ts'
import { newHexId, newId } from '../catalogue/new-id.ts'
import { localUser, missing } from './grants.ts'
import { forbidden, type SignedIn } from './principal.ts'
import { isScope } from './scopes.ts'
import { hashToken, isSameHash, newToken } from './tokens.ts'

const touchMs = 60_000
const form = /^coffre_([0-9a-f]{16})_([\w-]{43})$/

export interface ApiKey {
  readonly id: string
  readonly publicId: string
  readonly orgId: string
  readonly projectId: string | null
  readonly name: string
  readonly scopes: readonly string[] | null
  readonly createdAt: Date
  /** The user whose rights are the key's bounds. */
  readonly createdBy: string
  readonly expiresAt: Date | null
  readonly lastUsedAt: Date | null
  readonly revokedAt: Date | null
}

export interface NewApiKey {
  readonly name: string
  /** Null: everything that its maker may do, except what no key does. */
  readonly scopes: readonly string[] | null
  /** Null: in all projects of its maker. */
  readonly projectId: string | null
  readonly expiresAt: Date | null
}

/** Bearer keys for programs. A key has no roles: at each use it may do what its maker may do at that time, within its scopes. */
export class ApiKeys {
  readonly #catalogue: Catalogue
  readonly #context: Context

  constructor(catalogue: Catalogue, context: Context) {
    this.#catalogue = catalogue
    this.#context = context
  }

  /** The key is in the answer only. Keys make no keys: one with narrow scopes would make itself a wider one. */
  async create(
    actor: SignedIn,
    wanted: NewApiKey,
    within: Transaction<Database>,
  ): Promise<{ readonly id: string; readonly key: string }> {
    if (actor.by === 'key') throw forbidden('a key does not make keys')
    const now = new Date(this.#context.clock.nowMs())
    checkNewKey(wanted, now)
    if (wanted.projectId !== null) await findProject(wanted.projectId, actor.orgId, within)
    const id = newId(this.#context)
    const publicId = Buffer.from(this.#context.random.bytes(8)).toString('hex')
    const key = `coffre_${publicId}_${newToken(this.#context.random)}`
    await within
      .insertInto('apiKey')
      .values({
        id,
        hexId: newHexId(this.#context),
        orgId: actor.orgId,
        projectId: wanted.projectId,
        name: wanted.name,
        kind: 'bearer',
        publicId,
        secretHash: hashToken(key),
        scopes: wanted.scopes === null ? null : [...wanted.scopes],
        createdAt: now,
        createdBy: actor.user,
        expiresAt: wanted.expiresAt,
      })
      .execute()
    return { id, key }
  }

  /** Of one user, or of all. */
  async list(orgId: string, createdBy?: string): Promise<ApiKey[]> {
    let rows = this.#catalogue.selectFrom('apiKey').selectAll().where('orgId', '=', orgId).where('kind', '=', 'bearer')
    if (createdBy !== undefined) rows = rows.where('createdBy', '=', createdBy)
    return (await rows.orderBy('createdAt').orderBy('id').execute()).map(({ secretHash: _hash, secretId: _id, ...key }) => key)
  }

  /** One's own, or anybody's with the right people.write; else `object.missing`. */
  async revoke(actor: SignedIn, id: string, within: Transaction<Database>): Promise<void> {
    let revoked = within
      .updateTable('apiKey')
      .set(({ fn, val }) => ({ revokedAt: fn.coalesce('revokedAt', val(new Date(this.#context.clock.nowMs()))) }))
      .where('id', '=', id)
      .where('orgId', '=', actor.orgId)
    if (!actor.rights.has('people.write')) revoked = revoked.where('createdBy', '=', actor.user)
    const { numUpdatedRows } = await revoked.executeTakeFirst()
    if (numUpdatedRows === 0n) throw missing('key', id)
  }

  static isKey(text: string): boolean {
    return form.test(text)
  }

  /** `auth.failed` for what is no key, was revoked, or whose maker is disabled; `auth.expired` for one past its day. */
  async find(text: string): Promise<ApiKey> {
    const publicId = form.exec(text)?.[1] ?? ''
    const row = await this.#catalogue
      .selectFrom('apiKey')
      .selectAll()
      .where('publicId', '=', publicId)
      .where('kind', '=', 'bearer')
      .executeTakeFirst()
    const isRight = isSameHash(hashToken(text), row?.secretHash ?? Buffer.alloc(32))
    if (row === undefined || !isRight || row.revokedAt !== null || !(await this.#isMakerActive(row.createdBy)))
      throw new CoffreError('auth.failed', 'this key is unknown, or was revoked', { hint: 'Make a new key.' })
    const nowMs = this.#context.clock.nowMs()
    if (row.expiresAt !== null && row.expiresAt.getTime() <= nowMs)
      throw new CoffreError('auth.expired', `this key was good until ${row.expiresAt.toISOString()}`, { hint: 'Make a new key.' })
    await this.#touch(row.id, row.lastUsedAt, nowMs)
    const { secretHash: _hash, secretId: _id, ...key } = row
    return key
  }

  async #isMakerActive(createdBy: string): Promise<boolean> {
    if (createdBy === localUser) return true
    const maker = await this.#catalogue
      .selectFrom('userAccount')
      .select('id')
      .where('id', '=', createdBy.slice('user:'.length))
      .where('disabledAt', 'is', null)
      .executeTakeFirst()
    return maker !== undefined
  }

  /** At most once a minute: reading must not become writing. */
  async #touch(id: string, lastUsedAt: Date | null, nowMs: number): Promise<void> {
    if (lastUsedAt !== null && nowMs - lastUsedAt.getTime() < touchMs) return
    await this.#catalogue
      .updateTable('apiKey')
      .set({ lastUsedAt: new Date(nowMs) })
      .where('id', '=', id)
      .execute()
  }
}

function checkNewKey({ scopes, expiresAt }: NewApiKey, now: Date): void {
  const wrong = scopes?.find((scope) => !isScope(scope))
  if (wrong !== undefined)
    throw new CoffreError('request.invalid', `${JSON.stringify(wrong)} is no scope`, {
      hint: 'Give ids of operations, groups such as vaults.*, or read.',
    })
  if (expiresAt !== null && expiresAt <= now)
    throw new CoffreError('request.invalid', `the key would expire at ${expiresAt.toISOString()}, which is past`, {
      hint: 'Give a later day.',
    })
}

async function findProject(projectId: string, orgId: string, within: Transaction<Database>): Promise<void> {
  const found = await within
    .selectFrom('project')
    .select('id')
    .where('id', '=', projectId)
    .where('orgId', '=', orgId)
    .executeTakeFirst()
  if (found === undefined) throw missing('project', projectId)
}
