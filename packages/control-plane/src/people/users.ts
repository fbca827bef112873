import { CoffreError, type Context } from '@coffre/foundation'
import type { Selectable, Transaction } from 'kysely'
import type { Catalogue, Database } from '../catalogue/database.ts'
import { isUuid } from '../catalogue/is-uuid.ts'
import { newId } from '../catalogue/new-id.ts'
import type { UserAccountTable } from '../catalogue/tables/user-tables.ts'
import { findUser, lockOrg, missing, refuseWithoutOfficer } from './grants.ts'
import { voidTokens } from './one-time-tokens.ts'
import { forbidden, type SignedIn } from './principal.ts'
import { removeSecondFactor } from './two-factor.ts'

export interface User {
  readonly id: string
  readonly name: string
  readonly displayName: string
  readonly hasPassword: boolean
  readonly hasSecondFactor: boolean
  readonly createdAt: Date
  readonly createdBy: string
  readonly disabledAt: Date | null
}

export interface NewUser {
  /** What is typed to sign in: a handle or an address of mail. Case does not matter. */
  readonly name: string
  readonly displayName: string
}

/** Accounts. The caller has checked the right people.write, and audits within the same transaction. */
export class Users {
  readonly #catalogue: Catalogue
  readonly #context: Context

  constructor(catalogue: Catalogue, context: Context) {
    this.#catalogue = catalogue
    this.#context = context
  }

  async list(orgId: string): Promise<User[]> {
    return (await this.#accounts(orgId).orderBy('userAccount.name').execute()).map(userOf)
  }

  /** By id or by the name that is typed; `object.missing` when the organisation has no such user. */
  async find(orgId: string, idOrName: string): Promise<User> {
    const [column, value] = isUuid(idOrName) ? (['userAccount.id', idOrName] as const) : (['name', signInName(idOrName)] as const)
    const found = await this.#accounts(orgId).where(column, '=', value).executeTakeFirst()
    if (found === undefined) throw missing('user', idOrName)
    return userOf(found)
  }

  #accounts(orgId: string) {
    return this.#catalogue
      .selectFrom('userAccount')
      .leftJoin('twoFactor', 'twoFactor.userId', 'userAccount.id')
      .selectAll('userAccount')
      .select('twoFactor.confirmedAt')
      .where('orgId', '=', orgId)
  }

  /** A user without password and roles: nobody can sign in with it until both are given. Returns its id. */
  async create(orgId: string, { name, displayName }: NewUser, createdBy: string, within: Transaction<Database>): Promise<string> {
    const id = newId(this.#context)
    const made = await within
      .insertInto('userAccount')
      .values({ id, orgId, name: signInName(name), displayName, createdAt: this.#now(), createdBy })
      .onConflict((conflict) => conflict.column('name').doNothing())
      .returning('id')
      .executeTakeFirst()
    if (made !== undefined) return id
    throw new CoffreError('object.exists', `there is a user named ${signInName(name)} already`, { hint: 'Choose another name.' })
  }

  /** Ends all sessions and takes all rights, those of keys included, until `enable`. */
  async disable(actor: SignedIn, userId: string, within: Transaction<Database>): Promise<void> {
    await lockOrg(actor.orgId, within)
    await findUser(userId, actor.orgId, within)
    await within
      .updateTable('userAccount')
      .set({ disabledAt: this.#now() })
      .where('id', '=', userId)
      .where('disabledAt', 'is', null)
      .execute()
    await refuseWithoutOfficer(actor.orgId, within)
    await within
      .updateTable('session')
      .set({ revokedAt: this.#now() })
      .where('userId', '=', userId)
      .where('revokedAt', 'is', null)
      .execute()
    await voidTokens({ orgId: actor.orgId, userId }, within)
  }

  /** One who was erased stays so. */
  async enable(actor: SignedIn, userId: string, within: Transaction<Database>): Promise<void> {
    if (`user:${userId}` === actor.user) throw forbidden('nobody enables himself')
    await findUser(userId, actor.orgId, within)
    await within.updateTable('userAccount').set({ disabledAt: null }).where('id', '=', userId).execute()
  }

  /** Forgets whom the account was about. Its id stays, as the audit log names it, with nothing behind it. */
  async erase(actor: SignedIn, userId: string, within: Transaction<Database>): Promise<void> {
    await this.disable(actor, userId, within)
    await removeSecondFactor(userId, within)
    await within.deleteFrom('session').where('userId', '=', userId).execute()
    await within.deleteFrom('roleGrant').where('principal', '=', `user:${userId}`).execute()
    await within
      .updateTable('apiKey')
      .set({ revokedAt: this.#now() })
      .where('createdBy', '=', `user:${userId}`)
      .where('revokedAt', 'is', null)
      .execute()
    await within
      .updateTable('userAccount')
      .set({ name: `erased-${userId}`, displayName: '', passwordHash: null })
      .where('id', '=', userId)
      .execute()
  }

  #now(): Date {
    return new Date(this.#context.clock.nowMs())
  }
}

function userOf(row: Selectable<UserAccountTable> & { readonly confirmedAt: Date | null }): User {
  const { id, name, displayName, passwordHash, confirmedAt, createdAt, createdBy, disabledAt } = row
  const has = { hasPassword: passwordHash !== null, hasSecondFactor: confirmedAt !== null }
  return { id, name, displayName, ...has, createdAt, createdBy, disabledAt }
}

/** The form in which names are kept and compared. */
export function signInName(typed: string): string {
  return typed.normalize('NFKC').trim().toLowerCase()
}
