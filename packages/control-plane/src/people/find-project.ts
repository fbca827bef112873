import type { Catalogue } from '../catalogue/database.ts'
import { isUuid } from '../catalogue/is-uuid.ts'
import { missing } from './grants.ts'

/** The id of a project of the organisation, by id or by name; `object.missing` when it has none such. */
export async function findProject(catalogue: Catalogue, orgId: string, idOrName: string): Promise<string> {
  const found = await catalogue
    .selectFrom('project')
    .select('id')
    .where('orgId', '=', orgId)
    .where(isUuid(idOrName) ? 'id' : 'name', '=', idOrName)
    .executeTakeFirst()
  if (found === undefined) throw missing('project', idOrName)
  return found.id
}
