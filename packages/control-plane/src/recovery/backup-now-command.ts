import { hostname } from 'node:os'
import { CoffreError, type Context, isCoffreError } from '@coffre/foundation'
import type { Catalogue } from '../catalogue/database.ts'
import { newId } from '../catalogue/new-id.ts'
import { attachCatalogue } from '../catalogue/open-catalogue.ts'
import { runningEngine } from '../embedded-postgres/embedded-postgres.ts'
import { type Job, JobStore } from '../jobs/job-store.ts'
import { createCatalogueBackup } from '../scheduler/due-catalogue-backups.ts'
import { loadMasterKey } from '../secrets/master-key.ts'
import { SecretBox } from '../secrets/secret-box.ts'
import { SecretStore } from '../secrets/secret-store.ts'
import { machineName } from '../server/machine-name.ts'
import type { ServerSettings } from '../server/server-settings.ts'
import { StateLock } from '../server/state-lock.ts'
import { sourceEngines } from '../sources/source-engines.ts'
import { VaultPlaces } from '../vaults/vault-places.ts'
import { attempt } from '../worker/attempt.ts'
import { OpenVaults } from '../worker/open-vaults.ts'
import { openOwnCatalogue } from './open-own-catalogue.ts'

export interface BackedUp {
  readonly vault: string
  readonly snapshotId: string
}

const lookMs = 500
const times = { leaseMs: 60_000, reportMs: 5000 }

/** `coffre catalogue backup-now`: done by the server that runs on the state folder or, when there is none, here. */
export async function runBackupNow(
  settings: ServerSettings,
  context: Context,
  log: (line: string) => void,
  signal: AbortSignal,
): Promise<BackedUp> {
  try {
    await using _lock = await StateLock.take(settings.stateFolder)
    return await backUpHere(settings, context, log, signal)
  } catch (error) {
    if (!isCoffreError(error, 'server.running')) throw error
    return await haveServerBackUp(settings, context, signal)
  }
}

async function haveServerBackUp(settings: ServerSettings, context: Context, signal: AbortSignal): Promise<BackedUp> {
  const { stateFolder, databaseUrl } = settings
  const location =
    databaseUrl === undefined
      ? { kind: 'embedded' as const, settings: await runningEngine(stateFolder) }
      : { kind: 'external' as const, url: databaseUrl }
  await using attached = attachCatalogue(location, 1)
  const store = new JobStore(attached.catalogue, context)
  const id = await createJob(attached.catalogue, store, await machineName(stateFolder, context.random))
  for (;;) {
    const job = await store.find(id)
    if (job === undefined || job.completedAt !== null) return resultOf(job)
    await context.clock.sleep(lookMs, signal)
  }
}

async function backUpHere(
  settings: ServerSettings,
  context: Context,
  log: (line: string) => void,
  signal: AbortSignal,
): Promise<BackedUp> {
  const { stateFolder, environment, version } = settings
  await using stack = new AsyncDisposableStack()
  const { catalogue } = stack.use(await openOwnCatalogue(settings, context, log, signal))
  const store = new JobStore(catalogue, context)
  const machine = await machineName(stateFolder, context.random)
  const box = new SecretBox(await loadMasterKey(stateFolder, context.random), context.random)
  const vaults = stack.use(new OpenVaults(new VaultPlaces(stateFolder, context, environment, 0)))
  const secrets = new SecretStore(catalogue, box, context)
  const parts = { catalogue, store, secrets, vaults, engines: sourceEngines, context, stateFolder, machine, version }
  const id = await createJob(catalogue, store, machine)
  const workerId = newId(context)
  const now = new Date(context.clock.nowMs())
  const worker = { id: workerId, hostname: hostname(), pid: process.pid, version, startedAt: now, seenAt: now }
  await catalogue.insertInto('worker').values(worker).execute()
  const hold = await store.take(id, workerId, times.leaseMs)
  const job = await store.find(id)
  if (hold === undefined || job === undefined) throw new Error('a job that was made just now cannot be taken')
  await attempt(parts, { hold, job }, times, (run) => signal.addEventListener('abort', () => run.interrupt('cancelled')), log)
  return resultOf(await store.find(id))
}

async function createJob(catalogue: Catalogue, store: JobStore, machine: string): Promise<string> {
  const id = await catalogue
    .transaction()
    .execute((within) => createCatalogueBackup({ store, machine }, 'system:catalogue', within))
  if (id !== undefined) return id
  throw new CoffreError('object.missing', 'there is no vault that the catalogue could be backed up into', {
    hint: 'Make one first: `coffre vault create`.',
  })
}

function resultOf(job: Job | undefined): BackedUp {
  const { vaultName, state, result, message } = job ?? {}
  const { snapshotId } = (result ?? {}) as { readonly snapshotId?: string }
  if (state === 'COMPLETED' && snapshotId !== undefined) return { vault: vaultName ?? '', snapshotId }
  throw new CoffreError('job.failed', `the catalogue could not be backed up: ${message ?? `its job is ${state ?? 'gone'}`}`, {
    hint: 'The log of the job says more; a server tries again within an hour.',
  })
}
