import {
  type GrantView,
  giveRole as giveOperation,
  listGrants as listOperation,
  takeRole as takeOperation,
} from '@coffre/api-contract'
import { defineHandler, type Handler } from '../http/api-call.ts'
import { findProject } from './find-project.ts'
import type { Grant } from './grants.ts'
import { pageOfList } from './page-of-list.ts'
import { changing, type PeopleParts } from './people-parts.ts'
import { signedIn } from './principal.ts'
import { holdsEverywhere } from './whole-organisation.ts'

/** Answers everything below /grants. Whether the actor may give a role where they want to is a question to the service. */
export function grantHandlers(parts: PeopleParts): readonly Handler[] {
  const { grants, users } = parts.people
  return [
    defineHandler(giveOperation, async ({ principal, orgId, body, audit }) => {
      const actor = signedIn(principal)
      const user = await users.find(orgId, body.user)
      const projectId = body.project === null ? null : await findProject(parts.catalogue, orgId, body.project)
      const wanted = { userId: user.id, projectId, role: body.role }
      await changing(parts, async (within) => {
        await grants.grant(actor, wanted, within)
        await audit({ target: `user:${user.id}`, detail: { role: body.role, projectId } }, within)
      })
      const given = (await grants.list(orgId)).find((grant) => isSame(grant, wanted))
      if (given === undefined) throw new Error('a grant was taken while it was given')
      return grantView(given, user.name)
    }),
    defineHandler(takeOperation, async ({ principal, params, audit }) => {
      await changing(parts, async (within) => {
        const { userId, role, projectId } = await grants.revoke(signedIn(principal), params.grant, within)
        await audit({ target: `user:${userId}`, detail: { role, projectId } }, within)
      })
      return {}
    }),
    defineHandler(listOperation, async ({ principal, orgId, projectId, query }) => {
      const user = query.user === undefined ? undefined : await users.find(orgId, query.user)
      const sees = await holdsEverywhere(grants, signedIn(principal), 'audit.read')
      const shown = (await grants.list(orgId)).filter(
        (grant) =>
          (sees || grant.projectId === null || grant.projectId === projectId) &&
          (user === undefined || grant.userId === user.id) &&
          (query.role === undefined || grant.role === query.role),
      )
      const names = new Map((await users.list(orgId)).map(({ id, name }) => [id, name]))
      return pageOfList(shown, query, {
        parts: ['instant', 'id'],
        keyOf: ({ grantedAt, id }) => [grantedAt, id],
        itemOf: (grant) => grantView(grant, names.get(grant.userId) ?? ''),
      })
    }),
  ]
}

function isSame(grant: Grant, { userId, projectId, role }: Pick<Grant, 'userId' | 'projectId' | 'role'>): boolean {
  return grant.userId === userId && grant.projectId === projectId && grant.role === role
}

function grantView({ id, userId, role, projectId, grantedAt, grantedBy }: Grant, name: string): GrantView {
  return { id, user: { id: userId, name }, role, projectId, grantedAt: grantedAt.toISOString(), grantedBy }
}
