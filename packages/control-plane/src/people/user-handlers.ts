import {
  createFirstUser as createFirstOperation,
  createUser as createOperation,
  disableUser as disableOperation,
  enableUser as enableOperation,
  eraseUser as eraseOperation,
  forgetFailedSignIns as forgetOperation,
  getUser as getOperation,
  listUsers as listOperation,
  removeTwoFactorOfUser as removeTwoFactorOperation,
  resetPassword as resetOperation,
  type UserView,
} from '@coffre/api-contract'
import type { Transaction } from 'kysely'
import type { Database } from '../catalogue/database.ts'
import { type ApiCall, defineHandler, type Handler } from '../http/api-call.ts'
import { pageOfList } from './page-of-list.ts'
import { changing, originOf, type PeopleParts } from './people-parts.ts'
import { type SignedIn, signedIn } from './principal.ts'
import { sessionView } from './session-handlers.ts'
import type { User } from './users.ts'
import { requireEverywhere } from './whole-organisation.ts'

/** Answers everything below /users, and /first-user. Accounts are for the whole organisation, and so is the right to change them. */
export function userHandlers(parts: PeopleParts): readonly Handler[] {
  const { users, passwords, guard } = parts.people
  return [
    defineHandler(createFirstOperation, (call) => createFirst(parts, call)),
    defineHandler(createOperation, async ({ principal, orgId, body, audit }) => {
      const actor = await officer(parts, principal)
      const { id, token } = await changing(parts, async (within) => {
        const made = await users.create(orgId, body, actor.id, within)
        // Without the name: entries stay for ever, and people can be erased.
        await audit({ target: `user:${made}` }, within)
        return { id: made, token: await passwords.issueToken(actor, made, within) }
      })
      return { user: userView(await users.find(orgId, id)), token }
    }),
    defineHandler(listOperation, async ({ orgId, query }) => {
      const search = query.search?.toLowerCase() ?? ''
      const all = await users.list(orgId)
      const found = all.filter(({ name, displayName }) => name.includes(search) || displayName.toLowerCase().includes(search))
      return pageOfList(found, query, { parts: ['text'], keyOf: ({ name }) => [name], itemOf: userView })
    }),
    defineHandler(getOperation, async ({ orgId, params }) => userView(await users.find(orgId, params.user))),
    defineHandler(disableOperation, async (call) => {
      const id = await onUser(parts, call, (actor, user, within) => users.disable(actor, user.id, within))
      return userView(await users.find(call.orgId, id))
    }),
    defineHandler(enableOperation, async (call) => {
      const id = await onUser(parts, call, (actor, user, within) => users.enable(actor, user.id, within))
      return userView(await users.find(call.orgId, id))
    }),
    defineHandler(eraseOperation, async (call) => {
      await onUser(parts, call, (actor, user, within) => users.erase(actor, user.id, within))
      return {}
    }),
    defineHandler(resetOperation, async (call) => {
      let token = ''
      await onUser(parts, call, async (actor, user, within) => {
        token = await passwords.issueToken(actor, user.id, within)
      })
      return { token }
    }),
    defineHandler(removeTwoFactorOperation, async (call) => {
      await onUser(parts, call, (actor, user, within) => passwords.removeSecondFactorOf(actor, user.id, within))
      return {}
    }),
    defineHandler(forgetOperation, async ({ principal, orgId, params, audit }) => {
      await officer(parts, principal)
      const { id, name } = await users.find(orgId, params.user)
      await guard.forget(name)
      await audit({ target: `user:${id}` })
      return {}
    }),
  ]
}

/** Does something with the user that the path names, and audits it. Returns the user's id. */
async function onUser(
  parts: PeopleParts,
  {
    principal,
    orgId,
    params,
    audit,
  }: Pick<ApiCall, 'principal' | 'orgId' | 'audit'> & { readonly params: { readonly user: string } },
  act: (actor: SignedIn, user: User, within: Transaction<Database>) => Promise<void>,
): Promise<string> {
  const actor = await officer(parts, principal)
  const user = await parts.people.users.find(orgId, params.user)
  await changing(parts, async (within) => {
    await act(actor, user, within)
    await audit({ target: `user:${user.id}` }, within)
  })
  return user.id
}

async function officer({ people }: PeopleParts, principal: ApiCall['principal']): Promise<SignedIn> {
  const actor = signedIn(principal)
  await requireEverywhere(people.grants, actor, 'people.write')
  return actor
}

async function createFirst({ people }: PeopleParts, call: ApiCall<typeof createFirstOperation>) {
  const { token: oneTime, name, displayName, password } = call.body
  const { address, userAgent } = originOf(call)
  await people.addresses.checkAny(address)
  const { userId, orgId } = await people.firstUser.redeem(oneTime, { name, displayName }, password)
  const { token, session } = await people.sessions.open({ userId, hasSecondFactor: false, address, userAgent })
  await call.audit({ target: `user:${userId}`, detail: { session: session.id } })
  return { user: userView(await people.users.find(orgId, userId)), token, session: sessionView(session, session.id) }
}

function userView({ createdAt, disabledAt, ...rest }: User): UserView {
  return { ...rest, createdAt: createdAt.toISOString(), disabledAt: disabledAt?.toISOString() ?? null }
}
