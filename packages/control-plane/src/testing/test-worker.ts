import { type Context, systemContext } from '@coffre/foundation'
import { type RepositoryContext, withVersionFallback } from '@coffre/repository'
import type { Backend, Environment, S3Credentials } from '@coffre/storage'
import type { Selectable } from 'kysely'
import type { Catalogue } from '../catalogue/database.ts'
import { newId } from '../catalogue/new-id.ts'
import type { PointTable } from '../catalogue/tables/work-tables.ts'
import { JobClaims, jobsPerVault } from '../jobs/job-claims.ts'
import { type Job, JobStore } from '../jobs/job-store.ts'
import { startBackup } from '../jobs/start-backup.ts'
import { loadMasterKey } from '../secrets/master-key.ts'
import { SecretBox } from '../secrets/secret-box.ts'
import { SecretStore } from '../secrets/secret-store.ts'
import { machineName } from '../server/machine-name.ts'
import { createSource } from '../sources/create-source.ts'
import { type SourceEngines, sourceEngines } from '../sources/source-engines.ts'
import { type CreatedVault, createVault } from '../vaults/create-vault.ts'
import type { NewVault } from '../vaults/new-vault.ts'
import { VaultPlaces } from '../vaults/vault-places.ts'
import { attempt } from '../worker/attempt.ts'
import type { JobRun } from '../worker/job-run.ts'
import { OpenVaults } from '../worker/open-vaults.ts'
import type { WorkerParts } from '../worker/worker-parts.ts'
import { contextAhead, tellAhead } from './later-time.ts'
import { makeProject } from './test-catalogue.ts'

const signal = new AbortController().signal
const nothingAudited = (): Promise<void> => Promise.resolve()

/** Vaults whose keys cost nothing to try: a test opens them often. */
class CheapVaults extends VaultPlaces {
  /** Instead of what lies at the location of any vault. */
  storage: Backend | undefined
  aheadMs: (() => number) | undefined

  override async openStorage(...given: Parameters<VaultPlaces['openStorage']>): Promise<Backend> {
    const opened = this.storage === undefined ? await super.openStorage(...given) : withVersionFallback(this.storage)
    return this.aheadMs === undefined ? opened : tellAhead(opened, this.aheadMs)
  }

  override repositoryContext(): RepositoryContext {
    return { ...super.repositoryContext(), scrypt: { n: 2, r: 8, p: 1 } }
  }
}

/** Does the jobs of a catalogue within the test's own process, one after the other, and makes what they are about. */
export class TestWorker {
  readonly parts: WorkerParts & { readonly places: VaultPlaces }
  readonly projectId: string
  readonly orgId: string
  readonly #claims: JobClaims
  readonly #id: string

  private constructor(parts: TestWorker['parts'], tenant: { readonly orgId: string; readonly projectId: string }) {
    this.parts = parts
    this.projectId = tenant.projectId
    this.orgId = tenant.orgId
    this.#claims = new JobClaims(parts.catalogue, parts.store, parts.context, { jobsPerVault })
    this.#id = newId(parts.context)
  }

  /** In a project of its own unless one is given. With `aheadMs` its clock and those of all storage are so far ahead. */
  static async start(
    its: { readonly catalogue: Catalogue; readonly stateFolder: string },
    options: {
      readonly context?: Context
      readonly tenant?: { readonly orgId: string; readonly projectId: string }
      readonly storage?: Backend
      readonly aheadMs?: () => number
      /** Where credentials are that a vault has none of its own of. */
      readonly environment?: Environment
      readonly engines?: SourceEngines
    } = {},
  ): Promise<TestWorker> {
    const { catalogue, stateFolder } = its
    const { aheadMs, environment = {}, engines = sourceEngines } = options
    const context = options.context ?? (aheadMs === undefined ? systemContext : contextAhead(aheadMs))
    const box = new SecretBox(await loadMasterKey(stateFolder, context.random), context.random)
    const places = new CheapVaults(stateFolder, context, environment, 0)
    places.storage = options.storage
    places.aheadMs = aheadMs
    const parts = {
      catalogue,
      stateFolder,
      context,
      store: new JobStore(catalogue, context),
      secrets: new SecretStore(catalogue, box, context),
      places,
      vaults: new OpenVaults(places),
      engines,
      captureTimes: { sealEveryMs: 0, foldEveryMs: 1e9, foldBytes: 1e12, foldEveryMsMin: 60_000, closeAfterMs: 60_000 },
      machine: await machineName(stateFolder, context.random),
      version: '0.0.0',
    }
    return new TestWorker(parts, options.tenant ?? (await makeProject(catalogue, context, `project ${newId(context)}`)))
  }

  vault(
    name: string,
    more: { readonly location?: string; readonly lock?: NewVault['lock']; readonly credentials?: S3Credentials } = {},
  ): Promise<CreatedVault> {
    const { location, lock, credentials } = more
    const both = { writerCredentials: credentials, keeperCredentials: credentials }
    const rest = { region: undefined, classification: undefined, tags: {} }
    return createVault(this.parts, { projectId: this.projectId, name, location, lock, ...both, ...rest }, nothingAudited, signal)
  }

  source(name: string, path: string, morePaths: readonly string[] = []): Promise<string> {
    const labels = { tier: undefined, environment: undefined, region: undefined, resourceArn: undefined, tags: { team: 'ops' } }
    const source = { projectId: this.projectId, name, engine: 'files', config: { paths: [path, ...morePaths] }, secrets: undefined }
    return createSource(this.parts, { ...source, ...labels, acceptFindings: false }, nothingAudited, signal)
  }

  /** Backs up, does all that follows, and resolves to the point. */
  async backup(source: string, vault: string, lifecycle?: { readonly deleteAfter: string }): Promise<Selectable<PointTable>> {
    const order = { projectId: this.projectId, source, vault, lifecycle, tags: {}, description: undefined }
    const jobId = await startBackup(this.parts, { ...order, createdBy: 'test' })
    await this.doAll()
    return this.parts.catalogue.selectFrom('point').selectAll().where('jobId', '=', jobId).executeTakeFirstOrThrow()
  }

  /** Takes a capture that waits, and works on it until it is told to end. */
  async capture(): Promise<{ readonly run: JobRun; readonly done: Promise<void> } | undefined> {
    const { machine } = this.parts
    await this.#present()
    const claim = await this.#claims.next({ workerId: this.#id, leaseMs: 60_000, machine, captures: true })
    if (claim === undefined) return undefined
    const started = Promise.withResolvers<JobRun>()
    const unexpected = (line: string): void => started.reject(new Error(line))
    const done = attempt(this.parts, claim, { leaseMs: 60_000, reportMs: 50 }, started.resolve, unexpected)
    return { run: await started.promise, done }
  }

  /** Does everything that waits, and resolves to it in its order. */
  async doAll(): Promise<Job[]> {
    const { machine, store } = this.parts
    const done: Job[] = []
    await this.#present()
    for (;;) {
      const claim = await this.#claims.next({ workerId: this.#id, leaseMs: 60_000, machine })
      if (claim === undefined) return done
      const unexpected = (line: string): void => {
        throw new Error(line)
      }
      await attempt(this.parts, claim, { leaseMs: 60_000, reportMs: 10_000 }, () => undefined, unexpected)
      const job = await store.find(claim.job.id)
      if (job !== undefined) done.push(job)
    }
  }

  async #present(): Promise<void> {
    const { context, catalogue } = this.parts
    const now = new Date(context.clock.nowMs())
    const row = { id: this.#id, hostname: 'test', pid: process.pid, version: '0.0.0', startedAt: now, seenAt: now }
    await catalogue
      .insertInto('worker')
      .values(row)
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }
}
