import type { Finding } from '@coffre/connector'
import { CoffreError, isCoffreError } from '@coffre/foundation'
import type { Selectable, Transaction } from 'kysely'
import type { Database } from '../catalogue/database.ts'
import { objectMissing } from '../catalogue/object-missing.ts'
import type { SourceTable } from '../catalogue/tables/policy-tables.ts'
import type { ApiCall } from '../http/api-call.ts'
import { JobStore } from '../jobs/job-store.ts'
import { activeJobStates } from '../jobs/job-transitions.ts'
import { type SourceParts, sourceSecret } from './create-source.ts'
import { engineNamed } from './source-engines.ts'
import { findSourceRow } from './source-view.ts'

/** A worker hears of the wish within a second; one that is gone lets go when its lease ends. */
const captureEndMs = 20_000
const lookMs = 200
const releaseMs = 20_000

/**
 * Ends the protection of a source. Its points stay until they expire, its name is free again, its secrets are gone; the capture of its
 * log is stopped, and what the source keeps for us is given back. Resolves to what the source could not be told. `object.in-use` while
 * any other job of it is under way.
 */
export async function deleteSource(
  parts: SourceParts,
  projectId: string,
  idOrName: string,
  audit: ApiCall['audit'],
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const { catalogue, context } = parts
  const source = await findSourceRow(catalogue, projectId, idOrName)
  if (source === undefined) throw objectMissing('source', idOrName)
  const secrets = await secretsOf(parts, source)
  const captures = await catalogue.transaction().execute(async (transaction) => {
    // Locked, so that no job of it is made meanwhile.
    await transaction.selectFrom('source').select('id').where('id', '=', source.id).forUpdate().executeTakeFirst()
    const captures = await endOrRefuse(source, transaction)
    const deletionDate = new Date(context.clock.nowMs())
    await transaction.updateTable('source').set({ deletionDate, secretId: null }).where('id', '=', source.id).execute()
    if (source.secretId !== null) await transaction.deleteFrom('secret').where('id', '=', source.secretId).execute()
    await audit({ target: `source:${source.id}`, detail: { name: source.name } }, transaction)
    return captures
  })
  const store = new JobStore(catalogue, context)
  for (const id of captures) await store.cancel(id)
  await waitForEnd(parts, captures, signal)
  return release(parts, source, secrets, signal)
}

/** The captures that are under way. */
async function endOrRefuse(source: Selectable<SourceTable>, transaction: Transaction<Database>): Promise<string[]> {
  const active = await transaction
    .selectFrom('job')
    .select(['id', 'kind'])
    .where('sourceId', '=', source.id)
    .where('state', 'in', activeJobStates)
    .execute()
  const other = active.find(({ kind }) => kind !== 'CAPTURE')
  if (other === undefined) return active.map(({ id }) => id)
  throw new CoffreError('object.in-use', `job ${other.id} of ${source.name} is under way`, {
    hint: 'Wait for it, or cancel it first.',
  })
}

async function secretsOf({ secrets }: SourceParts, { secretId }: Selectable<SourceTable>): Promise<unknown> {
  if (secretId === null) return {}
  try {
    return JSON.parse((await secrets.get(secretId, sourceSecret)).toString('utf8'))
  } catch (error) {
    if (!isCoffreError(error)) throw error
    // A source whose secrets are lost can be deleted all the same.
    return {}
  }
}

/** The source does not let go of what a capture still uses. One that does not end in time is left to its lease. */
async function waitForEnd({ catalogue, context }: SourceParts, jobs: readonly string[], signal: AbortSignal): Promise<void> {
  const untilMs = context.clock.monotonicMs() + captureEndMs
  while (jobs.length > 0 && context.clock.monotonicMs() < untilMs) {
    const active = await catalogue
      .selectFrom('job')
      .select('id')
      .where('id', 'in', jobs)
      .where('state', 'in', activeJobStates)
      .executeTakeFirst()
    if (active === undefined) return
    await context.clock.sleep(lookMs, signal)
  }
}

async function release(
  { engines, context }: SourceParts,
  source: Selectable<SourceTable>,
  secrets: unknown,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const engine = engines.get(source.engine) === undefined ? undefined : engineNamed(engines, source.engine)
  if (engine?.kind !== 'items' || engine.connector.release === undefined) return []
  const { connector } = engine
  const tooLate = AbortSignal.timeout(releaseMs)
  try {
    const config = connector.parseConfig(source.config)
    await connector.release?.(config, connector.parseSecrets(secrets), context, AbortSignal.any([signal, tooLate]))
    return []
  } catch (error) {
    const problem = tooLate.aborted ? 'it did not answer' : isCoffreError(error) ? error.message : 'for a reason that is not known'
    return [
      {
        severity: 'warning',
        code: 'source.not-released',
        message: `${source.name} is deleted, but could not be told to keep nothing for us any more: ${problem}`,
        remedy: 'Give it back by hand, or its disk may fill: of PostgreSQL, drop the replication slot.',
      },
    ]
  }
}
