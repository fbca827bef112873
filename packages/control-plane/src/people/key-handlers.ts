import {
  createKey as createOperation,
  type KeyView,
  listKeys as listOperation,
  revokeKey as revokeOperation,
} from '@coffre/api-contract'
import { defineHandler, type Handler } from '../http/api-call.ts'
import type { ApiKey } from './api-keys.ts'
import { findProject } from './find-project.ts'
import { missing } from './grants.ts'
import { pageOfList } from './page-of-list.ts'
import { changing, type PeopleParts } from './people-parts.ts'
import { signedIn } from './principal.ts'
import { requireEverywhere } from './whole-organisation.ts'

/** Answers everything below /keys. */
export function keyHandlers(parts: PeopleParts): readonly Handler[] {
  const { keys, grants } = parts.people
  return [
    defineHandler(createOperation, async ({ principal, orgId, body, audit }) => {
      const actor = signedIn(principal)
      const { name, scopes, project, expiresAt } = body
      const projectId = project === null ? null : await findProject(parts.catalogue, orgId, project)
      const wanted = { name, scopes, projectId, expiresAt: expiresAt === null ? null : new Date(expiresAt) }
      const { id, key } = await changing(parts, async (within) => {
        const made = await keys.create(actor, wanted, within)
        await audit({ target: `key:${made.id}`, detail: { name, scopes, projectId, expiresAt } }, within)
        return made
      })
      const created = (await keys.list(orgId, actor.user)).find((one) => one.id === id)
      if (created === undefined) throw missing('key', id)
      return { key, created: keyView(created) }
    }),
    defineHandler(listOperation, async ({ principal, orgId, query }) => {
      const actor = signedIn(principal)
      if (query.everybody) await requireEverywhere(grants, actor, 'audit.read')
      const all = await keys.list(orgId, query.everybody ? undefined : actor.user)
      return pageOfList(all, query, {
        parts: ['instant', 'id'],
        keyOf: ({ createdAt, id }) => [createdAt, id],
        itemOf: keyView,
      })
    }),
    defineHandler(revokeOperation, async ({ principal, params, audit }) => {
      await changing(parts, async (within) => {
        await keys.revoke(signedIn(principal), params.key, within)
        await audit({ target: `key:${params.key}` }, within)
      })
      return {}
    }),
  ]
}

function keyView({ createdAt, expiresAt, lastUsedAt, revokedAt, scopes, orgId: _orgId, ...rest }: ApiKey): KeyView {
  return {
    ...rest,
    scopes: scopes === null ? null : [...scopes],
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt?.toISOString() ?? null,
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
    revokedAt: revokedAt?.toISOString() ?? null,
  }
}
