import { sql, type Transaction } from 'kysely'
import type { Database } from '../catalogue/database.ts'

/**
 * Moves holds on: from CREATING to ACTIVE once the vaults of all their points know of them, from CANCELING to CANCELED once all have let
 * go. Of several vaults' jobs that end at once, the last one finds that it is the last.
 */
export async function settleHolds(ids: readonly string[], within: Transaction<Database>): Promise<void> {
  if (ids.length === 0) return
  await within.selectFrom('hold').select('id').where('id', 'in', ids).orderBy('id').forUpdate().execute()
  await sql`
    update hold set state = case state when 'CREATING' then 'ACTIVE' else 'CANCELED' end
    where id = any(${ids}::uuid[]) and state in ('CREATING', 'CANCELING')
      and not exists (
        select from hold_point join point on point.id = point_id
        where hold_id = hold.id and point.deletion_date is null
          and hold_point.state <> case hold.state when 'CREATING' then 'HELD' else 'RELEASED' end)`.execute(within)
}
