import { availableParallelism } from 'node:os'
import { type Context, minuteMs } from '@coffre/foundation'
import { WorkerThreads } from '@coffre/repository'
import type { Environment } from '@coffre/storage'
import { newId } from '../catalogue/new-id.ts'
import { type CatalogueLocation, openCatalogue } from '../catalogue/open-catalogue.ts'
import { JobBell } from '../jobs/job-bell.ts'
import { JobClaims, jobsPerVault } from '../jobs/job-claims.ts'
import { JobStore } from '../jobs/job-store.ts'
import { loadMasterKey } from '../secrets/master-key.ts'
import { SecretBox } from '../secrets/secret-box.ts'
import { SecretStore } from '../secrets/secret-store.ts'
import { machineName } from '../server/machine-name.ts'
import { sourceEnginesIn } from '../sources/source-engines.ts'
import { VaultPlaces } from '../vaults/vault-places.ts'
import { OpenVaults } from './open-vaults.ts'
import { Worker } from './worker.ts'

export interface WorkerSettings {
  readonly stateFolder: string
  readonly location: CatalogueLocation
  /** What it is known by, when whoever starts it wants to know. */
  readonly workerId?: string
  /** Of Coffre. */
  readonly version: string
  /** Jobs at a time. */
  readonly concurrency: number
  /** End after so long without work; never when absent. */
  readonly idleMs?: number
}

/** Connections for looking for work, listening, and for each job's reports and commits. */
const connectionsBeside = 3
const capturesMax = 64
/** For what captures tell; they take turns. */
const connectionsForCaptures = 2
const threadsMax = 8
/** So long they wait for the next job: most come close together, and starting threads is the most part of a small job. */
const threadsIdleMs = minuteMs
const times = { leaseMs: 15_000, reportMs: 1000 }

/** Works on jobs until the signal ends it, or nothing is left to do for `idleMs`. */
export async function startWorker(
  settings: WorkerSettings,
  environment: Environment,
  context: Context,
  log: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const { stateFolder, version, concurrency, idleMs, workerId } = settings
  await using stack = new AsyncDisposableStack()
  const { catalogue, pool } = stack.use(
    await openCatalogue(settings.location, concurrency + connectionsBeside + connectionsForCaptures),
  )
  const box = new SecretBox(await loadMasterKey(stateFolder, context.random), context.random)
  const store = new JobStore(catalogue, context)
  const threadsPerJob = Math.min(threadsMax, availableParallelism())
  const { clock } = context
  const threads = stack.use(new WorkerThreads({ clock, idleMax: threadsPerJob * concurrency, idleMs: threadsIdleMs }))
  const places = new VaultPlaces(stateFolder, context, environment, threadsPerJob, undefined, threads)
  const parts = {
    catalogue,
    store,
    secrets: new SecretStore(catalogue, box, context),
    vaults: stack.use(new OpenVaults(places)),
    engines: sourceEnginesIn(environment, stateFolder),
    context,
    stateFolder,
    machine: await machineName(stateFolder, context.random),
    version,
  }
  const claims = new JobClaims(catalogue, store, context, { jobsPerVault })
  const bell = stack.use(new JobBell(pool, context.clock))
  const options = { id: workerId ?? newId(context), concurrency, capturesMax, times, ...(idleMs === undefined ? {} : { idleMs }) }
  await new Worker(parts, claims, bell, options, log).run(signal)
}
