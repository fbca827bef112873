import { readFile } from 'node:fs/promises'
import { CoffreError, type Context } from '@coffre/foundation'
import type { StoredSnapshot } from '@coffre/repository'
import type { Transaction } from 'kysely'
import { AuditLog } from '../audit/audit-log.ts'
import type { Database } from '../catalogue/database.ts'
import { JobStore } from '../jobs/job-store.ts'
import { type MasterKey, parseMasterKey, placeMasterKey } from '../secrets/master-key.ts'
import { machineName } from '../server/machine-name.ts'
import type { ServerSettings } from '../server/server-settings.ts'
import { StateLock } from '../server/state-lock.ts'
import { VaultPlaces } from '../vaults/vault-places.ts'
import { isOwnArchive, loadArchive, openArchive } from './catalogue-archive.ts'
import { compareVault } from './compare-vault.ts'
import { endOldWork } from './end-old-work.ts'
import { type FoundVault, findVault } from './find-vault.ts'
import { importCatalogue } from './import-catalogue.ts'
import { openOwnCatalogue } from './open-own-catalogue.ts'
import { assertEmpty } from './rebuild-catalogue.ts'
import { placeOf, type RebuildOrder, readKeys } from './rebuild-command.ts'

export interface RestoreOrder extends RebuildOrder {
  /** Of the server that is lost: it has the master key. */
  readonly kitFile: string
}

export interface RestoredCatalogue {
  readonly madeAt: string
  readonly added: number
  readonly gone: number
  /** Vaults that were given and are not in the catalogue. */
  readonly unknown: readonly string[]
}

/**
 * `coffre catalogue restore`: the newest backup of the catalogue in these vaults, whole, into a state folder that has none; then these
 * vaults are compared with it. All in one transaction: whatever fails leaves an empty catalogue, into which it can be tried again.
 */
export async function runRestore(
  order: RestoreOrder,
  settings: ServerSettings,
  context: Context,
  log: (line: string) => void,
  signal: AbortSignal,
): Promise<RestoredCatalogue> {
  const { stateFolder, environment } = settings
  if (order.vaults.length === 0 || order.recoveryKeyFiles.length === 0 || order.kitFile === '') {
    throw new CoffreError('usage.invalid', 'a restore needs a vault, the file of its recovery key, and the server kit', {
      hint: 'coffre catalogue restore --vault LOCATION --recovery-key-file FILE --kit FILE',
    })
  }
  const master = await readKit(order.kitFile)
  const keys = (await Promise.all(order.recoveryKeyFiles.map(readKeys))).flat()
  await using stack = new AsyncDisposableStack()
  stack.use(await StateLock.take(stateFolder))
  const places = new VaultPlaces(stateFolder, context, environment, 0)
  const found: FoundVault[] = []
  for (const vault of order.vaults) found.push(stack.use(await findVault(places, await placeOf(vault), keys, log, signal)))
  const { vault, snapshot } = newestArchive(found, master)
  const { catalogue } = stack.use(await openOwnCatalogue(settings, context, log, signal))
  await assertEmpty(catalogue)
  const machine = await machineName(stateFolder, context.random)
  const parts = { store: new JobStore(catalogue, context), context, machine }
  return await catalogue.transaction().execute(async (within) => {
    const lines = openArchive(master, loadArchive(vault.repository, snapshot, signal))
    const { madeAt } = await importCatalogue(lines, within, signal)
    await endOldWork(machine, new Date(context.clock.nowMs()), within)
    let [added, gone] = [0, 0]
    const unknown: string[] = []
    for (const one of found) {
      const compared = await compareVault(parts, one, within)
      if (compared === undefined) unknown.push(one.location)
      added += compared?.added ?? 0
      gone += compared?.gone ?? 0
    }
    await tell(new AuditLog(catalogue, context), { madeAt, snapshot: snapshot.id, vault: vault.location }, within)
    // The last thing that can fail: a folder with this key and no catalogue may be restored into again.
    await placeMasterKey(stateFolder, master, context.random)
    return { madeAt, added, gone, unknown }
  })
}

/** The kit as it was printed, or a file with nothing but the key. */
async function readKit(path: string): Promise<MasterKey> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    throw new CoffreError('usage.invalid', `the server kit ${path} cannot be read`, { hint: 'Is the path right?', cause })
  }
  const lines = text.split('\n').map((line) => line.trim())
  const given = lines.filter((line) => line !== '')
  const heading = given.findIndex((line) => line.startsWith('MASTER KEY'))
  const key = heading < 0 && given.length !== 1 ? undefined : parseMasterKey(given[heading + 1] ?? '')
  if (key !== undefined) return key
  throw new CoffreError('secret.master-key', `there is no master key in ${path}`, {
    hint: 'Give what `coffre catalogue kit` printed, or the key alone on one line. Without it: `coffre catalogue rebuild`.',
  })
}

function newestArchive(found: readonly FoundVault[], master: MasterKey): { vault: FoundVault; snapshot: StoredSnapshot } {
  const archives = found.flatMap((vault) =>
    vault.snapshots.filter((snapshot) => isOwnArchive(snapshot, master)).map((snapshot) => ({ vault, snapshot })),
  )
  const [newest] = archives.sort((a, b) => Date.parse(b.snapshot.time) - Date.parse(a.snapshot.time))
  if (newest !== undefined) return newest
  const vaults = found.map(({ location }) => location).join(', ')
  throw new CoffreError('snapshot.missing', `there is no backup of the catalogue that the key of this kit opens in ${vaults}`, {
    hint: "It is in the first vault of the server's first project. Nothing was changed. Without one: `coffre catalogue rebuild`.",
  })
}

async function tell(audit: AuditLog, detail: object, within: Transaction<Database>): Promise<void> {
  const { id: orgId } = await within.selectFrom('org').select('id').orderBy('createdAt').limit(1).executeTakeFirstOrThrow()
  const system = { projectId: null, principal: 'system', target: null, code: null, address: null, requestId: null } as const
  await audit.append({ ...system, orgId, operation: 'catalogue.restore', outcome: 'ALLOWED', detail: { ...detail } }, within)
}
