import { deletePoint as deleteOperation, getPoint as getOperation, listPoints as listOperation } from '@coffre/api-contract'
import type { Catalogue } from '../catalogue/database.ts'
import { objectMissing } from '../catalogue/object-missing.ts'
import { defineHandler, type Handler } from '../http/api-call.ts'
import { newestFirstKey } from '../http/newest-first-key.ts'
import { pageOfRows } from '../http/page-cursor.ts'
import { findSourceRow } from '../sources/source-view.ts'
import { findVault } from '../vaults/vault-view.ts'
import { deletePoint } from './delete-point.ts'
import { findPoint, listPoints, type PointFilter } from './point-view.ts'
import type { RemovalParts } from './remove-points.ts'

/** Answers everything below /points but verifications. */
export function pointHandlers(parts: RemovalParts): readonly Handler[] {
  const { catalogue } = parts
  const found = async (projectId: string, id: string) => {
    const point = await findPoint(catalogue, projectId, id)
    if (point === undefined) throw objectMissing('point', id)
    return point
  }
  return [
    defineHandler(listOperation, async ({ projectId, query }) => {
      const { after, limit, source, vault, state, createdAfter, createdBefore } = query
      const filter: PointFilter = {
        ...(source === undefined ? {} : { sourceId: await sourceId(catalogue, projectId, source) }),
        ...(vault === undefined ? {} : { vaultId: await vaultId(catalogue, projectId, vault) }),
        ...(state === undefined ? {} : { state }),
        ...(createdAfter === undefined ? {} : { createdAfter: new Date(createdAfter) }),
        ...(createdBefore === undefined ? {} : { createdBefore: new Date(createdBefore) }),
      }
      const key = newestFirstKey(after)
      const rows = await listPoints(catalogue, projectId, filter, {
        limit: limit + 1,
        ...(key === undefined ? {} : { after: key }),
      })
      return pageOfRows(rows, limit, { keyOf: (point) => [point.createdAt, point.id], itemOf: (point) => point })
    }),
    defineHandler(getOperation, ({ projectId, params }) => found(projectId, params.point)),
    defineHandler(deleteOperation, async ({ projectId, principal, params, query: { evenLast }, audit }) => {
      const point = await found(projectId, params.point)
      await deletePoint(parts, { projectId, pointId: point.id, evenLast, deletedBy: principal.id }, audit)
      return found(projectId, point.id)
    }),
  ]
}

async function sourceId(catalogue: Catalogue, projectId: string, idOrName: string): Promise<string> {
  const source = await findSourceRow(catalogue, projectId, idOrName)
  if (source === undefined) throw objectMissing('source', idOrName)
  return source.id
}

async function vaultId(catalogue: Catalogue, projectId: string, idOrName: string): Promise<string> {
  const vault = await findVault(catalogue, projectId, idOrName)
  if (vault === undefined) throw objectMissing('vault', idOrName)
  return vault.id
}
