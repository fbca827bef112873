import type { AddressInfo } from 'node:net'
import { CoffreError, type Context } from '@coffre/foundation'
import { createAdaptorServer, type ServerType } from '@hono/node-server'
import { Webhook } from '../alarms/webhook.ts'
import { AuditLog } from '../audit/audit-log.ts'
import { auditSink } from '../audit/audit-sink.ts'
import type { Catalogue } from '../catalogue/database.ts'
import { firstTenant } from '../catalogue/first-tenant.ts'
import { type CatalogueLocation, openCatalogue } from '../catalogue/open-catalogue.ts'
import { EmbeddedPostgres } from '../embedded-postgres/embedded-postgres.ts'
import { newHttpApp } from '../http/http-app.ts'
import { MetricRegistry } from '../http/metric-registry.ts'
import { JobBell } from '../jobs/job-bell.ts'
import { JobClaims, jobsPerVault } from '../jobs/job-claims.ts'
import { JobStore } from '../jobs/job-store.ts'
import { LocalCredential } from '../people/local-credential.ts'
import { newPeople } from '../people/people.ts'
import { PeopleAuthenticator } from '../people/people-authenticator.ts'
import { Scheduler } from '../scheduler/scheduler.ts'
import { loadMasterKey } from '../secrets/master-key.ts'
import { SecretBox } from '../secrets/secret-box.ts'
import { SecretStore } from '../secrets/secret-store.ts'
import { sourceEngines } from '../sources/source-engines.ts'
import { addStateMetrics } from '../status/state-metrics.ts'
import { WorkerHost, type WorkerHostOptions } from '../worker/worker-host.ts'
import { apiHandlers } from './api-handlers.ts'
import { machineName } from './machine-name.ts'
import { ServerAddress } from './server-address.ts'
import type { ServerSettings } from './server-settings.ts'
import { StateLock } from './state-lock.ts'

export interface RunningServer extends AsyncDisposable {
  /** Where it listens. */
  readonly url: string
  /** A token that makes the first user, once; undefined when there is one. */
  readonly firstSignIn: string | undefined
}

const connectionsMax = 20
/** A worker costs memory, and its start a second: it stays for as long as work tends to come. */
const workerIdleMs = 60_000

/** What the server does by itself. */
const bySystem = {
  projectId: null,
  principal: 'system',
  target: null,
  outcome: 'ALLOWED',
  code: null,
  address: null,
  requestId: null,
} as const

/** Starts everything that `settings` ask for, in order, and ends it in the reverse order when it is disposed of. */
export async function serve(
  settings: ServerSettings,
  context: Context,
  log: (line: string) => void,
  signal: AbortSignal,
): Promise<RunningServer> {
  const sink = settings.auditExport === undefined ? undefined : auditSink(settings.auditExport)
  await using stack = new AsyncDisposableStack()
  stack.use(await StateLock.take(settings.stateFolder))
  const location = await locate(settings, context, log, signal, stack)
  const { catalogue, pool } = stack.use(await openCatalogue(location, connectionsMax))
  const secrets = await openSecrets(catalogue, settings, context, log)
  const tenant = await firstTenant(catalogue, context)
  const audit = new AuditLog(catalogue, context)
  await audit.append({
    ...bySystem,
    orgId: tenant.orgId,
    operation: 'server.start',
    detail: { stateFolder: settings.stateFolder },
  })
  const people = newPeople(catalogue, secrets, context)
  const machine = await machineName(settings.stateFolder, context.random)
  const local = await LocalCredential.renew(settings.stateFolder, context.random)
  const metrics = new MetricRegistry()
  addStateMetrics(metrics, catalogue, context.clock)
  const app = newHttpApp({
    context,
    catalogue,
    audit,
    tenant,
    log,
    authenticator: new PeopleAuthenticator({ ...people, catalogue, local, tenant }),
    metrics,
    version: settings.version,
    handlers: apiHandlers({ catalogue, secrets, context, people, audit, settings, machine }),
  })
  const server = createAdaptorServer({ fetch: app.fetch })
  stack.defer(() => close(server))
  const url = await listen(server, settings)
  stack.use(await ServerAddress.publish(settings.stateFolder, url))
  const bell = stack.use(new JobBell(pool, context.clock))
  const store = new JobStore(catalogue, context)
  const claims = new JobClaims(catalogue, store, context, { jobsPerVault })
  stack.use(new WorkerHost({ claims, store, bell, context }, hostOptions(settings, location, machine), log))
  const webhook = settings.webhookUrl === undefined ? undefined : new Webhook(settings.webhookUrl, context.clock, log)
  stack.use(
    new Scheduler({ catalogue, store, engines: sourceEngines, context, machine, people, audit, auditSink: sink, webhook }, log),
  )
  const kept = stack.move()
  const firstSignIn = await people.firstUser.issue(tenant.orgId)
  return { url, firstSignIn, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

function hostOptions(settings: ServerSettings, location: CatalogueLocation, machine: string): WorkerHostOptions {
  const { stateFolder, version, jobsAtATime: concurrency, environment } = settings
  return { machine, environment, settings: { stateFolder, location, version, concurrency, idleMs: workerIdleMs } }
}

async function openSecrets(
  catalogue: Catalogue,
  { stateFolder }: ServerSettings,
  context: Context,
  log: (line: string) => void,
): Promise<SecretStore> {
  const box = new SecretBox(await loadMasterKey(stateFolder, context.random), context.random)
  const secrets = new SecretStore(catalogue, box, context)
  const foreign = await secrets.countForeign()
  if (foreign > 0) log(`${foreign} stored secrets were sealed with another master key; put back the one from the server kit`)
  return secrets
}

async function locate(
  { databaseUrl, stateFolder }: ServerSettings,
  context: Context,
  log: (line: string) => void,
  signal: AbortSignal,
  stack: AsyncDisposableStack,
): Promise<CatalogueLocation> {
  if (databaseUrl !== undefined) return { kind: 'external', url: databaseUrl }
  const onLog = (line: string): void => {
    if (!isEveryday(line)) log(`postgres: ${line}`)
  }
  const engine = stack.use(await EmbeddedPostgres.start({ stateFolder, context, onLog }, signal))
  return { kind: 'embedded', settings: engine.settings }
}

/** What the engine says of its starts, stops and checkpoints. */
function isEveryday(line: string): boolean {
  return / (LOG|DETAIL|HINT|STATEMENT): {2}/.test(line)
}

function listen(server: ServerType, { host, port }: ServerSettings): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(cannotListen(error, host, port)))
    server.listen(port, host, () => {
      const { address, family, port: actual } = server.address() as AddressInfo
      resolve(`http://${family === 'IPv6' ? `[${address}]` : address}:${actual}`)
    })
  })
}

function close(server: ServerType): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    if ('closeAllConnections' in server) server.closeAllConnections()
  })
}

function cannotListen(error: NodeJS.ErrnoException, host: string, port: number): CoffreError {
  return new CoffreError('server.port', `the server cannot listen on ${host}:${port}: ${error.code ?? error.message}`, {
    hint: 'Is another program using the port? Choose one with COFFRE_PORT.',
    cause: error,
  })
}
