import { CoffreError, type Context, minuteMs } from '@coffre/foundation'
import type { Transaction } from 'kysely'
import type { Catalogue, Database } from '../catalogue/database.ts'
import { type Grants, lockOrg } from './grants.ts'
import { issueToken, takeToken } from './one-time-tokens.ts'
import type { Passwords } from './passwords.ts'
import { rolesOfFirstUser } from './roles.ts'
import type { NewUser, Users } from './users.ts'

const lifetimeMs = 15 * minuteMs

/** How the first user comes: by a token that the server prints at its start, as long as there is nobody. */
export class FirstUser {
  readonly #catalogue: Catalogue
  readonly #context: Context
  readonly #parts: { readonly users: Users; readonly passwords: Passwords; readonly grants: Grants }

  constructor(
    catalogue: Catalogue,
    context: Context,
    parts: { readonly users: Users; readonly passwords: Passwords; readonly grants: Grants },
  ) {
    this.#catalogue = catalogue
    this.#context = context
    this.#parts = parts
  }

  /** To be printed, once, and never stored: good for 15 minutes, in place of those before. Undefined when there is a user. */
  async issue(orgId: string): Promise<string | undefined> {
    return this.#catalogue.transaction().execute(async (within) => {
      await lockOrg(orgId, within)
      if (await hasUsers(orgId, within)) return undefined
      return issueToken(this.#context, { orgId, userId: null }, lifetimeMs, within)
    })
  }

  /** Makes the first user, who guards the organisation and can make the others. Of two at once, one succeeds. */
  async redeem(token: string, wanted: NewUser, password: string): Promise<{ readonly userId: string; readonly orgId: string }> {
    return this.#catalogue.transaction().execute(async (within) => {
      const { orgId, userId: forUser } = await takeToken(this.#context, token, within)
      if (forUser !== null)
        throw new CoffreError('auth.failed', 'this token is for a password', { hint: 'Choose a password with it.' })
      await lockOrg(orgId, within)
      if (await hasUsers(orgId, within)) throw new CoffreError('auth.failed', 'there is a first user already', { hint: 'Sign in.' })
      const userId = await this.#parts.users.create(orgId, wanted, 'system', within)
      await this.#parts.passwords.set(userId, wanted.name, password, within)
      for (const role of rolesOfFirstUser)
        await this.#parts.grants.insert({ userId, orgId, projectId: null, role, grantedBy: 'system' }, within)
      return { userId, orgId }
    })
  }
}

/** Those who were disabled or erased too: nobody becomes the first a second time. */
async function hasUsers(orgId: string, within: Transaction<Database>): Promise<boolean> {
  const found = await within.selectFrom('userAccount').select('id').where('orgId', '=', orgId).limit(1).executeTakeFirst()
  return found !== undefined
}
