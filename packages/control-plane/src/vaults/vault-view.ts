import type { VaultView } from '@coffre/api-contract'
import type { Selectable } from 'kysely'
import { byIdOrName } from '../catalogue/by-id-or-name.ts'
import type { Catalogue } from '../catalogue/database.ts'
import type { VaultTable } from '../catalogue/tables/policy-tables.ts'

/** Vaults of a project as the API shows them, in the order of their names. `after` is the name that the page before ended with. */
export async function listVaults(
  catalogue: Catalogue,
  projectId: string,
  page: { readonly after?: string; readonly limit: number },
): Promise<VaultView[]> {
  let query = catalogue.selectFrom('vault').selectAll().where('projectId', '=', projectId).where('deletionDate', 'is', null)
  if (page.after !== undefined) query = query.where('name', '>', page.after)
  return viewsOf(catalogue, await query.orderBy('name').limit(page.limit).execute())
}

/** By id or by name; undefined when the project has no such vault. */
export async function findVault(catalogue: Catalogue, projectId: string, idOrName: string): Promise<VaultView | undefined> {
  const rows = await catalogue
    .selectFrom('vault')
    .selectAll()
    .where('projectId', '=', projectId)
    .where('deletionDate', 'is', null)
    .where(byIdOrName('vault', idOrName))
    .limit(1)
    .execute()
  return (await viewsOf(catalogue, rows))[0]
}

async function viewsOf(catalogue: Catalogue, rows: readonly Selectable<VaultTable>[]): Promise<VaultView[]> {
  if (rows.length === 0) return []
  const ids = rows.map(({ id }) => id)
  const sums = await catalogue
    .selectFrom('point')
    .select(({ fn }) => ['vaultId', fn.countAll<number>().as('points'), fn.sum<string | null>('sizeBytes').as('sizeBytes')])
    .where('vaultId', 'in', ids)
    .where('deletionDate', 'is', null)
    .groupBy('vaultId')
    .execute()
  const tags = await catalogue.selectFrom('tag').select(['objectId', 'key', 'value']).where('objectId', 'in', ids).execute()
  return rows.map((row) => {
    const sum = sums.find(({ vaultId }) => vaultId === row.id)
    const own = tags.filter(({ objectId }) => objectId === row.id).map(({ key, value }) => [key, value] as const)
    return viewOf(row, sum?.points ?? 0, Number(sum?.sizeBytes ?? 0), Object.fromEntries(own))
  })
}

function viewOf(row: Selectable<VaultTable>, points: number, sizeBytes: number, tags: Record<string, string>): VaultView {
  const { id, name, state, location, repositoryId, regionLabel, accountLabel, classification, createdAt } = row
  return {
    id,
    name,
    state,
    location,
    repositoryId,
    region: regionLabel,
    account: accountLabel,
    classification,
    lock: lockOf(row),
    points,
    sizeBytes,
    tags,
    createdAt: createdAt.toISOString(),
  }
}

function lockOf(row: Selectable<VaultTable>): VaultView['lock'] {
  const { lockMode, minRetentionDays, maxRetentionDays, changeableForDays, lockDate, storageLocks } = row
  if (lockMode === null) return null
  return {
    mode: lockMode,
    ...(minRetentionDays === null ? {} : { minRetentionDays }),
    ...(maxRetentionDays === null ? {} : { maxRetentionDays }),
    ...(changeableForDays === null ? {} : { changeableForDays }),
    lockDate: lockDate?.toISOString() ?? null,
    isEnforcedByStorage: storageLocks,
  }
}
