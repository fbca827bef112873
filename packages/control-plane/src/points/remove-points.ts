import type { Context } from '@coffre/foundation'
import type { Selectable, Transaction } from 'kysely'
import type { Catalogue, Database } from '../catalogue/database.ts'
import type { PointTable } from '../catalogue/tables/work-tables.ts'
import type { JobRequest } from '../jobs/job-request.ts'
import type { JobStore } from '../jobs/job-store.ts'
import { machineFor } from '../jobs/machine-for.ts'

export interface RemovalParts {
  readonly catalogue: Catalogue
  readonly store: JobStore
  readonly context: Context
  /** Of this server's state folder. */
  readonly machine: string
}

/**
 * Decides that points go: they are DELETING from now on, and a job for each vault removes them. The caller has locked their rows and
 * made sure that nothing is in the way.
 */
export async function removePoints(
  { store, machine }: RemovalParts,
  points: readonly Selectable<PointTable>[],
  createdBy: string,
  transaction: Transaction<Database>,
): Promise<void> {
  for (const [vaultId, own] of Map.groupBy(points, (point) => point.vaultId)) {
    const [first] = own
    if (first === undefined) continue
    const vault = await transaction.selectFrom('vault').select('location').where('id', '=', vaultId).executeTakeFirstOrThrow()
    const request: JobRequest<'EXPIRE'> = {
      machine: machineFor(machine, vault),
      points: own.map(({ id, state }) => ({ id, state: state === 'AVAILABLE' || state === 'PARTIAL' ? state : 'COMPLETED' })),
    }
    await transaction
      .updateTable('point')
      .set({ state: 'DELETING' })
      .where(
        'id',
        'in',
        own.map(({ id }) => id),
      )
      .execute()
    const { projectId, accountLabel, regionLabel, vaultName, sourceId, sourceName } = first
    const isOfOne = own.every((point) => point.sourceId === sourceId)
    const labels = { projectId, accountLabel, regionLabel, vaultId, vaultName, ...(isOfOne ? { sourceId, sourceName } : {}) }
    await store.create({ ...labels, kind: 'EXPIRE', request: JSON.stringify(request), createdBy }, transaction)
  }
}
