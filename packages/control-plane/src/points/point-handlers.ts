import { getPoint as getOperation, listPoints as listOperation } from '@coffre/api-contract'
import type { Catalogue } from '../catalogue/database.ts'
import { objectMissing } from '../catalogue/object-missing.ts'
import { defineHandler, type Handler } from '../http/api-call.ts'
import { newestFirstKey } from '../http/newest-first-key.ts'
import { pageOfRows } from '../http/page-cursor.ts'
import { findSourceRow } from '../sources/source-view.ts'
import { findVault } from '../vaults/vault-view.ts'
import { findPoint, listPoints, type PointFilter } from './point-view.ts'

/** Answers what only looks at points. */
export function pointHandlers(catalogue: Catalogue): readonly Handler[] {
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
    defineHandler(getOperation, async ({ projectId, params }) => {
      const point = await findPoint(catalogue, projectId, params.point)
      if (point === undefined) throw objectMissing('point', params.point)
      return point
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
