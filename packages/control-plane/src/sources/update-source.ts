import { objectMissing } from '../catalogue/object-missing.ts'
import { isUniqueViolation } from '../catalogue/unique-violation.ts'
import type { ApiCall } from '../http/api-call.ts'
import { look, protectedAlready, type SourceParts, sourceSecret, unfit } from './create-source.ts'
import { engineNamed } from './source-engines.ts'
import { findSourceRow } from './source-view.ts'

export interface SourceChange {
  /** Replaces all of it. */
  readonly config: Readonly<Record<string, unknown>> | undefined
  /** Replace all of them. */
  readonly secrets: Readonly<Record<string, unknown>> | undefined
  /** Change it although the check found an error. */
  readonly acceptFindings: boolean
}

/** Changes how a source is reached, after a look at it: with a new password, at another address. Nothing is changed by what is refused. */
export async function updateSource(
  { catalogue, context, engines, secrets: store }: SourceParts,
  { projectId, idOrName }: { readonly projectId: string; readonly idOrName: string },
  change: SourceChange,
  audit: ApiCall['audit'],
  signal: AbortSignal,
): Promise<void> {
  const row = await findSourceRow(catalogue, projectId, idOrName)
  if (row === undefined) throw objectMissing('source', idOrName)
  const engine = engineNamed(engines, row.engine)
  const wanted = change.config ?? row.config
  const config = engine.connector.parseConfig(wanted)
  const identity = `${row.engine}:${engine.connector.identify(config)}`
  const known = async () =>
    row.secretId === null ? undefined : JSON.parse((await store.get(row.secretId, sourceSecret)).toString('utf8'))
  const findings = await look(engine, config, change.secrets ?? (await known()), context, signal)
  const errors = findings.filter(({ severity }) => severity === 'error')
  if (errors.length > 0 && !change.acceptFindings) throw unfit(row.name, errors)
  try {
    await catalogue.transaction().execute(async (transaction) => {
      const secretId =
        change.secrets === undefined
          ? row.secretId
          : await store.put(projectId, sourceSecret, Buffer.from(JSON.stringify(change.secrets)), transaction)
      await transaction
        .updateTable('source')
        .set({
          config: JSON.stringify(wanted),
          identity,
          secretId,
          state: errors.length > 0 ? 'UNREACHABLE' : 'READY',
          findings: JSON.stringify(findings),
          checkedAt: new Date(context.clock.nowMs()),
        })
        .where('id', '=', row.id)
        .execute()
      if (secretId !== row.secretId && row.secretId !== null)
        await transaction.deleteFrom('secret').where('id', '=', row.secretId).execute()
      const detail = { name: row.name, hasNewSecrets: change.secrets !== undefined, config: change.config }
      await audit({ target: `source:${row.id}`, detail }, transaction)
    })
  } catch (error) {
    if (isUniqueViolation(error, 'source_identity')) throw await protectedAlready(catalogue, projectId, identity)
    throw error
  }
}
