import type { Transaction } from 'kysely'
import type { Database } from '../catalogue/database.ts'

/** The vaults of a project that can take something. */
export function loadVaults(within: Transaction<Database>, projectId: string) {
  return within
    .selectFrom('vault')
    .select(['id', 'name', 'location'])
    .where('projectId', '=', projectId)
    .where('deletionDate', 'is', null)
    .where('state', '=', 'AVAILABLE')
    .execute()
}

/** The sources of a project, as selections choose among them. */
export function loadSources(within: Transaction<Database>, projectId: string) {
  return within
    .selectFrom('source')
    .select(['id', 'projectId', 'name', 'engine', 'accountLabel', 'regionLabel'])
    .where('projectId', '=', projectId)
    .where('deletionDate', 'is', null)
    .execute()
}
