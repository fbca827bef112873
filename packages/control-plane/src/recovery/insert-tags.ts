import type { Transaction } from 'kysely'
import type { Database } from '../catalogue/database.ts'
import type { TagTable } from '../catalogue/tables/policy-tables.ts'

export async function insertTags(
  within: Transaction<Database>,
  { tags, ...about }: Pick<TagTable, 'projectId' | 'objectKind' | 'objectId'> & { readonly tags: Readonly<Record<string, string>> },
): Promise<void> {
  const rows = Object.entries(tags).map(([key, value]) => ({ ...about, key, value }))
  if (rows.length > 0) await within.insertInto('tag').values(rows).execute()
}
