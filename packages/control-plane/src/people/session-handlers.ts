import {
  createSession as createOperation,
  currentSession as currentOperation,
  endSession as endOperation,
  endOtherSessions as endOthersOperation,
  listSessions as listOperation,
  type SessionView,
} from '@coffre/api-contract'
import { defineHandler, type Handler } from '../http/api-call.ts'
import { localUser } from './grants.ts'
import { changing, originOf, type PeopleParts } from './people-parts.ts'
import { type SignedIn, signedIn, userIdOf } from './principal.ts'
import type { Session } from './sessions.ts'

/** Answers everything below /sessions. */
export function sessionHandlers(parts: PeopleParts): readonly Handler[] {
  const { sessions, signIn } = parts.people
  return [
    defineHandler(createOperation, async (call) => {
      const { name, password, code } = call.body
      const credentials = { name, password, ...(code === undefined ? {} : { code }) }
      const { token, session } = await signIn.signIn(credentials, originOf(call))
      await call.audit({ target: `user:${session.userId}`, detail: { session: session.id } })
      return { token, session: sessionView(session, session.id) }
    }),
    defineHandler(currentOperation, ({ principal }) => whoAsks(parts, signedIn(principal))),
    defineHandler(listOperation, async ({ principal }) => {
      const actor = signedIn(principal)
      const all = await sessions.list(userIdOf(actor))
      return { items: all.map((session) => sessionView(session, actor.sessionId)) }
    }),
    defineHandler(endOperation, async ({ principal, params, audit }) => {
      const actor = signedIn(principal)
      const userId = userIdOf(actor)
      const id = params.session === 'current' ? (actor.sessionId ?? '') : params.session
      await changing(parts, async (within) => {
        await sessions.revoke(userId, id, within)
        await audit({ target: `session:${id}` }, within)
      })
      return {}
    }),
    defineHandler(endOthersOperation, async ({ principal, audit }) => {
      const actor = signedIn(principal)
      const userId = userIdOf(actor)
      return changing(parts, async (within) => {
        const ended = await sessions.revokeOthers(userId, actor.sessionId ?? '', within)
        await audit({ target: `user:${userId}`, detail: { ended } }, within)
        return { ended }
      })
    }),
  ]
}

export function sessionView(session: Session, currentId: string | undefined): SessionView {
  const { id, createdAt, lastUsedAt, expiresAt, address, userAgent, hasSecondFactor } = session
  return {
    id,
    createdAt: createdAt.toISOString(),
    lastUsedAt: lastUsedAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
    address,
    userAgent,
    hasSecondFactor,
    isCurrent: id === currentId,
  }
}

async function whoAsks({ catalogue, people }: PeopleParts, actor: SignedIn) {
  const { id: principal, user: userPrincipal, by, orgId, projectId, sessionId, scopes, mustEnrol } = actor
  const userId = userPrincipal === localUser ? undefined : userPrincipal.slice('user:'.length)
  const user = userId === undefined ? undefined : await people.users.find(orgId, userId)
  const open = by === 'session' && userId !== undefined ? await people.sessions.list(userId) : []
  const session = open.find(({ id }) => id === sessionId)
  const project = await catalogue.selectFrom('project').select(['id', 'name']).where('id', '=', projectId).executeTakeFirstOrThrow()
  return {
    principal,
    user: user === undefined ? null : { id: user.id, name: user.name, displayName: user.displayName },
    by,
    session: session === undefined ? null : sessionView(session, sessionId),
    project,
    rights: [...actor.rights],
    scopes: scopes === undefined ? null : [...scopes],
    mustEnrol,
  }
}
