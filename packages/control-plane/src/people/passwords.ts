import { CoffreError, type Context, hourMs } from '@coffre/foundation'
import type { Transaction } from 'kysely'
import type { Catalogue, Database } from '../catalogue/database.ts'
import { findUser, type Grants, localUser, refuseConflict } from './grants.ts'
import { issueToken, takeToken } from './one-time-tokens.ts'
import type { PasswordHasher } from './password-hash.ts'
import { checkNewPassword } from './password-rules.ts'
import { type SignedIn, userIdOf } from './principal.ts'
import { removeSecondFactor } from './two-factor.ts'

const tokenLifetimeMs = 72 * hourMs

/** How passwords come and change. The caller has checked the right, and audits. */
export class Passwords {
  readonly #catalogue: Catalogue
  readonly #context: Context
  readonly #hasher: PasswordHasher
  readonly #grants: Grants

  constructor(catalogue: Catalogue, context: Context, hasher: PasswordHasher, grants: Grants) {
    this.#catalogue = catalogue
    this.#context = context
    this.#hasher = hasher
    this.#grants = grants
  }

  /**
   * A token with which a user chooses a password, for three days. Who gets the token could sign in as that user: `role.conflict` for
   * one who must not hold the user's roles together with his own.
   */
  async issueToken(actor: SignedIn, userId: string, within: Transaction<Database>): Promise<string> {
    const { passwordHash } = await findUser(userId, actor.orgId, within)
    // The first token of an account opens nothing that its maker could not open by making another one.
    if (passwordHash !== null) await this.#refuseImpersonation(actor, userId, within)
    return issueToken(this.#context, { orgId: actor.orgId, userId }, tokenLifetimeMs, within)
  }

  /** For somebody who lost application and recovery codes. Refused as a token is. */
  async removeSecondFactorOf(actor: SignedIn, userId: string, within: Transaction<Database>): Promise<void> {
    await findUser(userId, actor.orgId, within)
    await this.#refuseImpersonation(actor, userId, within)
    await removeSecondFactor(userId, within)
  }

  /** Chooses a password with a token, and ends all sessions. Returns the user's id. */
  async redeem(token: string, password: string): Promise<string> {
    // The token is used up only with a password that is admitted: hence all in one transaction.
    return this.#catalogue.transaction().execute(async (within) => {
      const { userId } = await takeToken(this.#context, token, within)
      if (userId === null)
        throw new CoffreError('auth.failed', 'this token is for the first user', { hint: 'Make the first user with it.' })
      const { name } = await within.selectFrom('userAccount').select('name').where('id', '=', userId).executeTakeFirstOrThrow()
      await this.set(userId, name, password, within)
      return userId
    })
  }

  /** One's own, after the caller has had the identity confirmed (`SignIn.confirm`). Ends all other sessions. */
  async change(actor: SignedIn, password: string, within: Transaction<Database>): Promise<void> {
    const userId = userIdOf(actor)
    const { name } = await findUser(userId, actor.orgId, within)
    await this.set(userId, name, password, within, actor.sessionId)
  }

  async set(userId: string, name: string, password: string, within: Transaction<Database>, keepSession?: string): Promise<void> {
    checkNewPassword(password, name)
    const passwordHash = await this.#hasher.hash(password)
    const now = new Date(this.#context.clock.nowMs())
    await within.updateTable('userAccount').set({ passwordHash, passwordChangedAt: now }).where('id', '=', userId).execute()
    let others = within.updateTable('session').set({ revokedAt: now }).where('userId', '=', userId).where('revokedAt', 'is', null)
    if (keepSession !== undefined) others = others.where('id', '<>', keepSession)
    await others.execute()
  }

  async #refuseImpersonation(actor: SignedIn, userId: string, within: Transaction<Database>): Promise<void> {
    if (actor.user === localUser) return
    const [own, theirs] = [
      await this.#grants.rolesOf(actor.user, actor.orgId, within),
      await this.#grants.rolesOf(`user:${userId}`, actor.orgId, within),
    ]
    refuseConflict(new Set([...own, ...theirs]))
  }
}
