import type { Context } from '@coffre/foundation'
import type { Catalogue } from './database.ts'
import { newHexId, newId } from './new-id.ts'

/** The organisation and the project that everything belongs to as long as nobody made others. */
export interface Tenant {
  readonly orgId: string
  readonly projectId: string
}

const name = 'default'
const accountLabel = '000000000000'
const regionLabel = 'local'

/** Makes the first tenant; of several servers that start at once, one does. */
export async function firstTenant(catalogue: Catalogue, context: Context): Promise<Tenant> {
  const createdAt = new Date(context.clock.nowMs())
  await catalogue
    .insertInto('org')
    .values({ id: newId(context), hexId: newHexId(context), name, createdAt })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute()
  const { id: orgId } = await catalogue.selectFrom('org').select('id').where('name', '=', name).executeTakeFirstOrThrow()
  await catalogue
    .insertInto('project')
    .values({ id: newId(context), hexId: newHexId(context), orgId, name, accountLabel, regionLabel, createdAt })
    .onConflict((conflict) => conflict.columns(['orgId', 'name']).doNothing())
    .execute()
  const { id: projectId } = await catalogue
    .selectFrom('project')
    .select('id')
    .where('orgId', '=', orgId)
    .where('name', '=', name)
    .executeTakeFirstOrThrow()
  return { orgId, projectId }
}
