import type { Context } from '@coffre/foundation'
import type { Catalogue } from '../catalogue/database.ts'
import type { SecretStore } from '../secrets/secret-store.ts'
import { AddressList } from './address-list.ts'
import { ApiKeys } from './api-keys.ts'
import { Approvals } from './approvals.ts'
import { FirstUser } from './first-user.ts'
import { Grants } from './grants.ts'
import { PasswordHasher } from './password-hash.ts'
import { Passwords } from './passwords.ts'
import { Sessions } from './sessions.ts'
import { SignIn } from './sign-in.ts'
import { SignInGuard } from './sign-in-guard.ts'
import { TwoFactor } from './two-factor.ts'
import { Users } from './users.ts'

/** All services of people. None of them audits: operations are audited by whoever runs them, who knows address and request. */
export interface People {
  readonly users: Users
  readonly passwords: Passwords
  readonly firstUser: FirstUser
  readonly grants: Grants
  readonly twoFactor: TwoFactor
  readonly sessions: Sessions
  readonly signIn: SignIn
  readonly guard: SignInGuard
  readonly keys: ApiKeys
  readonly addresses: AddressList
  readonly approvals: Approvals
}

export function newPeople(
  catalogue: Catalogue,
  secrets: SecretStore,
  context: Context,
  hasher = new PasswordHasher(context.random),
): People {
  const grants = new Grants(catalogue, context)
  const users = new Users(catalogue, context)
  const passwords = new Passwords(catalogue, context, hasher, grants)
  const twoFactor = new TwoFactor(catalogue, secrets, context)
  const sessions = new Sessions(catalogue, context)
  const guard = new SignInGuard(catalogue, context)
  const addresses = new AddressList(catalogue, context)
  return {
    users,
    passwords,
    firstUser: new FirstUser(catalogue, context, { users, passwords, grants }),
    grants,
    twoFactor,
    sessions,
    signIn: new SignIn({ catalogue, context, hasher, guard, sessions, twoFactor, addresses }),
    guard,
    keys: new ApiKeys(catalogue, context),
    addresses,
    approvals: new Approvals(catalogue, context, grants),
  }
}
