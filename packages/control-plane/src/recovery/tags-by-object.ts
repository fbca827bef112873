import type { Catalogue } from '../catalogue/database.ts'
import type { TagTable } from '../catalogue/tables/policy-tables.ts'

/** The tags of each object of a kind. */
export async function tagsByObject(
  catalogue: Catalogue,
  projectId: string,
  objectKind: TagTable['objectKind'],
): Promise<(objectId: string) => Readonly<Record<string, string>>> {
  const rows = await catalogue
    .selectFrom('tag')
    .select(['objectId', 'key', 'value'])
    .where('projectId', '=', projectId)
    .where('objectKind', '=', objectKind)
    .orderBy('key')
    .execute()
  const byObject = Map.groupBy(rows, ({ objectId }) => objectId)
  return (objectId) => Object.fromEntries((byObject.get(objectId) ?? []).map(({ key, value }) => [key, value]))
}
