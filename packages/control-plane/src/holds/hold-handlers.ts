import {
  createHold as createOperation,
  getHold as getOperation,
  liftHold as liftOperation,
  listHolds as listOperation,
  listHeldPoints as listPointsOperation,
  type ParsedInputOf,
} from '@coffre/api-contract'
import type { Catalogue } from '../catalogue/database.ts'
import { isUuid } from '../catalogue/is-uuid.ts'
import { objectMissing } from '../catalogue/object-missing.ts'
import { defineHandler, type Handler } from '../http/api-call.ts'
import { newestFirstKey } from '../http/newest-first-key.ts'
import { pageOfRows } from '../http/page-cursor.ts'
import type { Approvals } from '../people/approvals.ts'
import { actionOn, useApproval } from '../people/approved-actions.ts'
import { signedIn } from '../people/principal.ts'
import { findHold, listHeldPoints, listHolds } from './hold-view.ts'
import { type HoldQuery, Holds } from './holds.ts'
import { type HoldJobParts, startHoldJobs } from './start-hold-jobs.ts'

export interface HoldHandlerParts extends HoldJobParts {
  readonly catalogue: Catalogue
  readonly approvals: Approvals
}

/** Answers everything below /holds. */
export function holdHandlers(parts: HoldHandlerParts): readonly Handler[] {
  const { catalogue, context, approvals } = parts
  const holds = new Holds(context)
  return [
    defineHandler(createOperation, async ({ projectId, principal, body, audit }) => {
      const { title, description } = body
      const query = await resolve(catalogue, projectId, body.query)
      const id = await catalogue.transaction().execute(async (within) => {
        const made = await holds.create({ projectId, title, description, query, createdBy: principal.id }, within)
        await startHoldJobs(parts, { createdBy: principal.id, isRepeated: false }, within)
        await audit({ target: `hold:${made.id}`, detail: { title, query, points: made.points } }, within)
        return made.id
      })
      return findHold(catalogue, projectId, id)
    }),
    defineHandler(listOperation, async ({ projectId, query: { after, limit, state } }) => {
      const rows = await listHolds(catalogue, projectId, state, { after: newestFirstKey(after), limit: limit + 1 })
      return pageOfRows(rows, limit, { keyOf: (hold) => [hold.createdAt, hold.id], itemOf: (hold) => hold })
    }),
    defineHandler(getOperation, ({ projectId, params }) => findHold(catalogue, projectId, params.hold)),
    defineHandler(listPointsOperation, async ({ projectId, params, query: { after, limit } }) => {
      const { id } = await findHold(catalogue, projectId, params.hold)
      const rows = await listHeldPoints(catalogue, id, { after: newestFirstKey(after), limit: limit + 1 })
      return pageOfRows(rows, limit, { keyOf: (point) => [point.createdAt, point.id], itemOf: (point) => point })
    }),
    defineHandler(liftOperation, async ({ projectId, principal, params, body, audit }) => {
      const actor = signedIn(principal)
      const { id } = await findHold(catalogue, projectId, params.hold)
      const { approval } = body
      const reason = approval === undefined ? '' : (await approvals.get(projectId, approval)).reason
      await catalogue.transaction().execute(async (within) => {
        await holds.lift(projectId, id, reason, within)
        await startHoldJobs(parts, { createdBy: principal.id, isRepeated: false }, within)
        await useApproval(approvals, actor, approval, actionOn(liftOperation, 'hold', id), within)
        await audit({ target: `hold:${id}`, detail: { approval, reason } }, within)
      })
      return findHold(catalogue, projectId, id)
    }),
  ]
}

type GivenQuery = ParsedInputOf<typeof createOperation>['body']['query']

/** Names become ids at once: what is given the same name later is not meant. */
async function resolve(catalogue: Catalogue, projectId: string, given: GivenQuery): Promise<HoldQuery> {
  const vaults: string[] = []
  for (const idOrName of given.vaults ?? []) vaults.push(await idOf(catalogue, 'vault', projectId, idOrName))
  const sources: string[] = []
  for (const idOrName of given.sources ?? []) sources.push(await idOf(catalogue, 'source', projectId, idOrName))
  const instant = (text: string | undefined): string | null => (text === undefined ? null : new Date(text).toISOString())
  return { vaults, sources, createdAfter: instant(given.createdAfter), createdBefore: instant(given.createdBefore) }
}

/** By its id also when it was deleted: the points of a source outlive it. */
async function idOf(catalogue: Catalogue, table: 'vault' | 'source', projectId: string, idOrName: string): Promise<string> {
  const found = await catalogue
    .selectFrom(table)
    .select('id')
    .where('projectId', '=', projectId)
    .where(({ eb, or, and }) =>
      or([
        and([eb('name', '=', idOrName), eb('deletionDate', 'is', null)]),
        ...(isUuid(idOrName) ? [eb('id', '=', idOrName)] : []),
      ]),
    )
    .executeTakeFirst()
  if (found === undefined) throw objectMissing(table, idOrName)
  return found.id
}
