import type { Catalogue } from '../catalogue/database.ts'
import type { SecretStore } from '../secrets/secret-store.ts'
import { type ChosenRestored, chooseRestored, type RestoredOrder } from './choose-restored.ts'
import type { JobRequest } from './job-request.ts'
import { machineFor } from './machine-for.ts'
import { type RestoreTargetOrder, restoreSecret, restoreTarget } from './restore-target.ts'
import type { StartParts } from './start-backup.ts'

export interface RestoreOrder extends RestoreTargetOrder, RestoredOrder {
  readonly options?: Readonly<Record<string, unknown>> | undefined
  readonly overwrite: boolean
  readonly createdBy: string
}

export type RestoreParts = StartParts & { readonly secrets: SecretStore }

/** Somebody waits for it, and often in need. */
const restorePriority = 20

/** Makes a job that puts a point of a source back; of a source with a log, any state of it. */
export async function startRestore(parts: RestoreParts, order: RestoreOrder): Promise<string> {
  const chosen = await chooseRestored(parts, order)
  const goesTo = restoreTarget(order, chosen.about.engine, parts.engines)
  return create(parts, order, 'RESTORE', chosen, goesTo, parts.machine)
}

/** Makes a job that finds out what such a restore would do. Where it would go may be left open. */
export async function startExplanation(parts: RestoreParts, order: RestoreOrder): Promise<string> {
  const chosen = await chooseRestored(parts, order)
  const { to, into, parts: some, options } = order
  const isOpen = to === undefined && into === undefined && some === undefined && options === undefined
  // What stands in the way there only that machine knows.
  return isOpen
    ? create(parts, order, 'EXPLAIN', chosen, {}, machineFor(parts.machine, { location: await locationOf(parts, chosen) }))
    : create(parts, order, 'EXPLAIN', chosen, restoreTarget(order, chosen.about.engine, parts.engines), parts.machine)
}

async function create(
  { catalogue, store, secrets }: RestoreParts,
  { projectId, overwrite, options, into, createdBy }: RestoreOrder,
  kind: 'RESTORE' | 'EXPLAIN',
  { about, what }: ChosenRestored,
  goesTo: ReturnType<typeof restoreTarget>,
  machine: string | null,
): Promise<string> {
  const given = into?.secrets
  const request: JobRequest<'RESTORE'> = { machine, ...what, ...goesTo, overwrite, ...(options === undefined ? {} : { options }) }
  const { accountLabel, regionLabel, sourceId, sourceName, vaultId, vaultName } = about
  const id = await catalogue.transaction().execute(async (transaction) =>
    store.create(
      {
        projectId,
        accountLabel,
        regionLabel,
        kind,
        sourceId,
        sourceName,
        vaultId,
        vaultName,
        request: JSON.stringify(request),
        secretId:
          given === undefined ? null : await secrets.put(projectId, restoreSecret, Buffer.from(JSON.stringify(given)), transaction),
        createdBy,
        priority: restorePriority,
        // What a first attempt wrote looks like somebody's files to a second one: only storage that fails is tried again.
        attemptsMax: 3,
      },
      transaction,
    ),
  )
  if (id === undefined) throw new Error('a job without an occurrence was taken for a repeated one')
  return id
}

async function locationOf({ catalogue }: { readonly catalogue: Catalogue }, { about }: ChosenRestored): Promise<string> {
  const vault = catalogue.selectFrom('vault').select('location').where('id', '=', about.vaultId)
  return (await vault.executeTakeFirstOrThrow()).location
}
