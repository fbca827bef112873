import { CoffreError } from '@coffre/foundation'
import type { Selectable } from 'kysely'
import type { Catalogue } from '../catalogue/database.ts'
import type { PointTable } from '../catalogue/tables/work-tables.ts'

/** The point that a job is about, while it exists. */
export async function pointOf(catalogue: Catalogue, id: string): Promise<Selectable<PointTable>> {
  const point = await catalogue
    .selectFrom('point')
    .selectAll()
    .where('id', '=', id)
    .where('deletionDate', 'is', null)
    .executeTakeFirst()
  if (point !== undefined) return point
  throw new CoffreError('object.missing', `there is no point ${id} any more`, { hint: 'It expired, or was deleted.' })
}
