import { CoffreError, type Context } from '@coffre/foundation'
import type { Catalogue } from '../catalogue/database.ts'
import type { AddressList } from './address-list.ts'
import { formatAddress, parseAddress } from './addresses.ts'
import type { PasswordHasher } from './password-hash.ts'
import { type SignedIn, userIdOf } from './principal.ts'
import type { Session, Sessions } from './sessions.ts'
import type { Attempt, SignInGuard } from './sign-in-guard.ts'
import type { TwoFactor } from './two-factor.ts'
import { signInName } from './users.ts'

export interface Credentials {
  readonly name: string
  readonly password: string
  /** Of the application, or a recovery code; absent before the user is asked for it. */
  readonly code?: string
}

/** Where a request comes from. */
export interface Origin {
  readonly address: string | undefined
  readonly userAgent: string | undefined
}

export interface SignInParts {
  readonly catalogue: Catalogue
  readonly context: Context
  readonly hasher: PasswordHasher
  readonly guard: SignInGuard
  readonly sessions: Sessions
  readonly twoFactor: TwoFactor
  readonly addresses: AddressList
}

/** Passwords and codes against sessions. Nothing of what it answers, and not the time that it takes, tells whether a user exists. */
export class SignIn {
  readonly #parts: SignInParts

  constructor(parts: SignInParts) {
    this.#parts = parts
  }

  /**
   * `auth.failed` for a wrong name, password or code alike; `auth.second-factor` when the password is right and a code is needed, to be
   * asked again with it; `auth.locked` during a pause; `auth.address` from where nobody may sign in. The caller audits each outcome.
   */
  async signIn(credentials: Credentials, origin: Origin): Promise<{ readonly token: string; readonly session: Session }> {
    await this.#parts.addresses.checkAny(origin.address)
    const user = await this.#verify(credentials, origin)
    await this.#parts.addresses.check(user.orgId, origin.address)
    const parsed = origin.address === undefined ? undefined : parseAddress(origin.address)
    const address = parsed === undefined ? undefined : formatAddress(parsed)
    return this.#parts.sessions.open({
      userId: user.id,
      hasSecondFactor: user.hasSecondFactor,
      address,
      userAgent: origin.userAgent,
    })
  }

  /** The same questions to somebody who has signed in, before he changes what guards his account. */
  async confirm(actor: SignedIn, credentials: Omit<Credentials, 'name'>, origin: Origin): Promise<void> {
    const id = userIdOf(actor)
    const { name } = await this.#parts.catalogue
      .selectFrom('userAccount')
      .select('name')
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
    await this.#verify({ ...credentials, name }, origin)
  }

  async #verify({ name, password, code }: Credentials, { address }: Origin) {
    const { catalogue, guard, twoFactor } = this.#parts
    const typed = signInName(name)
    const attempt = await guard.begin(typed, address)
    const user = await catalogue
      .selectFrom('userAccount')
      .select(['id', 'orgId', 'passwordHash', 'disabledAt'])
      .where('name', '=', typed)
      .executeTakeFirst()
    const isRight = await this.#verifyPassword(attempt, password, user?.passwordHash)
    if (!isRight || user === undefined || user.disabledAt !== null) throw failed()
    const hasSecondFactor = await twoFactor.isEnrolled(user.id)
    if (hasSecondFactor && code === undefined) {
      await guard.withdrawn(attempt)
      throw codeNeeded()
    }
    if (hasSecondFactor && !(await twoFactor.use(user.id, code ?? ''))) throw failed()
    await guard.succeeded(attempt)
    await this.#renewHash(user.id, password, user.passwordHash)
    return { id: user.id, orgId: user.orgId, hasSecondFactor }
  }

  async #verifyPassword(attempt: Attempt, password: string, stored: string | null | undefined): Promise<boolean> {
    try {
      // What is longer than any password is cut: it costs no time, and fails.
      return await this.#parts.hasher.verify(password.slice(0, 1000), stored)
    } catch (error) {
      await this.#parts.guard.withdrawn(attempt)
      throw error
    }
  }

  async #renewHash(id: string, password: string, stored: string | null): Promise<void> {
    const { catalogue, hasher } = this.#parts
    if (stored === null || !hasher.needsRehash(stored)) return
    const passwordHash = await hasher.hash(password)
    // Not in place of one that was chosen meanwhile.
    await catalogue
      .updateTable('userAccount')
      .set({ passwordHash })
      .where('id', '=', id)
      .where('passwordHash', '=', stored)
      .execute()
  }
}

function failed(): CoffreError {
  return new CoffreError('auth.failed', 'name, password or code are wrong', { hint: 'Check all of them. Codes count once only.' })
}

function codeNeeded(): CoffreError {
  return new CoffreError('auth.second-factor', 'a code of your authenticator application is needed', {
    hint: 'Send it together with name and password; a recovery code does as well.',
  })
}
