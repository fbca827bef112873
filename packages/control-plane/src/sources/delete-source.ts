import { CoffreError } from '@coffre/foundation'
import { objectMissing } from '../catalogue/object-missing.ts'
import type { ApiCall } from '../http/api-call.ts'
import { activeJobStates } from '../jobs/job-transitions.ts'
import type { SourceParts } from './create-source.ts'
import { findSourceRow } from './source-view.ts'

/**
 * Ends the protection of a source. Its points stay until they expire, its name is free again, its secrets are gone. `object.in-use`
 * while a job of it is under way.
 */
export async function deleteSource(
  { catalogue, context }: SourceParts,
  projectId: string,
  idOrName: string,
  audit: ApiCall['audit'],
): Promise<void> {
  const source = await findSourceRow(catalogue, projectId, idOrName)
  if (source === undefined) throw objectMissing('source', idOrName)
  await catalogue.transaction().execute(async (transaction) => {
    // Locked, so that no job of it is made meanwhile.
    await transaction.selectFrom('source').select('id').where('id', '=', source.id).forUpdate().executeTakeFirst()
    const active = await transaction
      .selectFrom('job')
      .select('id')
      .where('sourceId', '=', source.id)
      .where('state', 'in', activeJobStates)
      .executeTakeFirst()
    if (active !== undefined) {
      throw new CoffreError('object.in-use', `job ${active.id} of ${source.name} is under way`, {
        hint: 'Wait for it, or cancel it first.',
      })
    }
    const deletionDate = new Date(context.clock.nowMs())
    await transaction.updateTable('source').set({ deletionDate, secretId: null }).where('id', '=', source.id).execute()
    if (source.secretId !== null) await transaction.deleteFrom('secret').where('id', '=', source.secretId).execute()
    await audit({ target: `source:${source.id}`, detail: { name: source.name } }, transaction)
  })
}
