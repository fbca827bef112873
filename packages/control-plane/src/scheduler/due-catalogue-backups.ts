import { dayMs, hourMs } from '@coffre/foundation'
import { sql, type Transaction } from 'kysely'
import type { Database } from '../catalogue/database.ts'
import type { JobStore } from '../jobs/job-store.ts'
import { machineFor } from '../jobs/machine-for.ts'
import type { RemovalParts } from '../points/remove-points.ts'

/** Held while one of several servers does it. */
const lockNumber = 0x436f6663
/** How long one that failed is left alone. */
const pauseMs = hourMs

/** Makes a job to back up the catalogue once a day, as soon as there is a vault that can take it. Resolves to how many: none, or one. */
export async function startDueCatalogueBackup(parts: RemovalParts): Promise<number> {
  const { catalogue, context, store, machine } = parts
  const since = (agoMs: number): Date => new Date(context.clock.nowMs() - agoMs)
  return catalogue.transaction().execute(async (within) => {
    await sql`select pg_advisory_xact_lock(${lockNumber})`.execute(within)
    const { rows } = await sql`
      select from job where kind = 'CATALOGUE_BACKUP'
        and (state in ('CREATED', 'PENDING', 'RETRYING', 'RUNNING', 'ABORTING')
          or created_at > ${since(dayMs)} and state = 'COMPLETED' or completed_at > ${since(pauseMs)})
      limit 1`.execute(within)
    if (rows.length > 0) return 0
    return (await createCatalogueBackup({ store, machine }, 'system:catalogue', within)) === undefined ? 0 : 1
  })
}

/** A job that backs up the catalogue now, into the oldest vault of the first project. Undefined when there is no vault. */
export async function createCatalogueBackup(
  { store, machine }: { readonly store: JobStore; readonly machine: string },
  createdBy: string,
  within: Transaction<Database>,
): Promise<string | undefined> {
  const vault = await within
    .selectFrom('vault')
    .innerJoin('project', 'project.id', 'vault.projectId')
    .select(['vault.id', 'vault.name', 'vault.location', 'vault.projectId', 'vault.accountLabel', 'vault.regionLabel'])
    .where('vault.state', '=', 'AVAILABLE')
    .where('vault.deletionDate', 'is', null)
    .where(({ eb, selectFrom }) =>
      eb('project.id', '=', selectFrom('project').select('id').orderBy('createdAt').orderBy('id').limit(1)),
    )
    .orderBy('vault.createdAt')
    .orderBy('vault.id')
    .limit(1)
    .executeTakeFirst()
  if (vault === undefined) return undefined
  const { id: vaultId, name: vaultName, location, ...labels } = vault
  const request = JSON.stringify({ machine: machineFor(machine, { location }) })
  return store.create({ ...labels, vaultId, vaultName, kind: 'CATALOGUE_BACKUP', request, createdBy, priority: -5 }, within)
}
