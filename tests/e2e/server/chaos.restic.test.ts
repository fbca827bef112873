import assert from 'node:assert/strict'
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, cp, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import {
  applyPlan,
  Client,
  createVault,
  getJob,
  getSource,
  getStatus,
  type JobView,
  protectSource,
  startBackup,
  startRestore,
  verifyAudit,
} from '@coffre/api-contract'
import { systemContext } from '@coffre/foundation'
import { findTool, SeededRandom, testSeed } from '@coffre/testkit'
import pg from 'pg'
import { EmbeddedPostgres } from '../../../packages/control-plane/src/embedded-postgres/embedded-postgres.ts'
import { CuttableProxy } from './cuttable-proxy.ts'
import { projectFolder } from './server-process.ts'

const chaosMs = 100_000
const quietMs = 180_000
const sources = 6
const rulesPerSource = 6
const postgresKills = 3
const seed = testSeed('chaos')

/** A process that is killed and started again, and never told why. */
class Victim {
  readonly #program: 'server' | 'worker'
  readonly #environment: NodeJS.ProcessEnv
  #child: ChildProcess | undefined

  constructor(program: 'server' | 'worker', environment: NodeJS.ProcessEnv) {
    this.#program = program
    this.#environment = environment
  }

  start(): void {
    const child = spawn('sh', [join(projectFolder, 'tools/start.sh'), this.#program], {
      env: this.#environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    // Read, so that it can go on writing.
    for (const stream of [child.stdout, child.stderr]) stream.resume()
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }

  get isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
  }
}

test('two servers and three workers are killed again and again, and so is PostgreSQL, and wires are cut: each run counts once', async (t) => {
  t.diagnostic(`seed ${seed}`)
  const random = new SeededRandom(seed)
  await using stack = new AsyncDisposableStack()
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'coffre-chaos-')))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  // So that the account of the embedded engine can pass, and its data is removed with the folder.
  await chmod(folder, 0o711)
  const signal = new AbortController().signal
  const postgres = stack.use(
    await EmbeddedPostgres.start({ stateFolder: join(folder, 'postgres'), context: systemContext, onLog: () => undefined }, signal),
  )
  const { host, port, user, password } = postgres.settings
  const admin = new pg.Client({ ...postgres.settings, database: 'postgres' })
  await admin.connect()
  await admin.query('create database chaos')
  await admin.end()
  const proxy = stack.use(await CuttableProxy.start({ path: join(host, `.s.PGSQL.${port}`) }))
  const url = `postgres://${user}:${encodeURIComponent(password)}@127.0.0.1:${proxy.port}/chaos`

  // All on one machine: the state folders share its name and the master key.
  const states = ['s1', 's2', 'w1', 'w2', 'w3'].map((name) => join(folder, name))
  const environment = (state: string) => ({
    ...process.env,
    COFFRE_STATE: state,
    COFFRE_DATABASE_URL: url,
    COFFRE_PORT: '0',
    COFFRE_JOBS: '2',
  })
  const [s1 = '', s2 = '', ...workerStates] = states
  const servers = [new Victim('server', environment(s1)), new Victim('server', environment(s2))]
  const workers = workerStates.map((state) => new Victim('worker', environment(state)))
  stack.defer(async () => {
    for (const victim of [...servers, ...workers]) await victim.kill('SIGTERM')
  })
  servers[0]?.start()
  const api = async (state = s1): Promise<Client> => {
    const { url: at } = JSON.parse(await readFile(join(state, 'server.json'), 'utf8')) as { url: string }
    return new Client({ url: at, token: (await readFile(join(state, 'local-credential'), 'utf8')).trim() })
  }
  await eventually(async () =>
    (await api()).call(getJob, { params: { job: 'x' } }).catch((error) => assert.match(error.message, /job/)),
  )
  for (const state of states.slice(1)) {
    await mkdir(state)
    for (const name of ['master-key', 'machine']) await cp(join(s1, name), join(state, name))
  }
  servers[1]?.start()
  for (const worker of workers) worker.start()

  const client = await api()
  const vault = join(folder, 'vault')
  const { recoveryKey } = await client.call(createVault, { body: { name: 'main', location: vault } })
  const names = Array.from({ length: sources }, (_, n) => `source-${n}`)
  for (const name of names) {
    await mkdir(join(folder, name))
    await writeFile(join(folder, name, 'count'), '0')
    await writeFile(join(folder, name, 'noise'), random.bytes(400_000))
    const config = { paths: [join(folder, name)] }
    await client.call(protectSource, { body: { name, engine: 'files', config, vault: 'main', schedule: 'rate(1 minute)' } })
  }
  await addRules(client, names)

  // What was promised: each job whose making was answered.
  const promised: string[] = []
  const startedMs = performance.now()
  let count = 0
  while (performance.now() - startedMs < chaosMs) {
    await systemContext.clock.sleep(500 + random.integer(1500), signal)
    count++
    const name = names[random.integer(names.length)] ?? ''
    await writeFile(join(folder, name, 'count'), String(count))
    const asked = await api(random.integer(2) === 0 ? s1 : s2)
      .then((some) => some.call(startBackup, { params: { source: name }, body: {} }, { signal: AbortSignal.timeout(5000) }))
      .catch(() => undefined)
    if (asked !== undefined) promised.push(asked.id)
    await harm(random, { servers, workers, proxy })
    const isTime = performance.now() - startedMs > ((killed.postgres + 1) * chaosMs) / (postgresKills + 1)
    if (isTime) await killPostgres(join(folder, 'postgres'))
    for (const victim of [...servers, ...workers]) if (!victim.isRunning && random.integer(2) === 0) victim.start()
  }
  proxy.mend()
  // As a supervisor does: one that finds PostgreSQL still recovering ends, and is started again.
  const supervise = (): void => {
    for (const victim of [...servers, ...workers]) if (!victim.isRunning) victim.start()
  }

  const database = new pg.Pool({ ...postgres.settings, database: 'chaos', max: 1 })
  database.on('error', () => undefined)
  stack.defer(() => database.end())
  // No new runs: what is there is what counts.
  await eventually(() => database.query('update rule set next_due_at = null'))
  await eventually(async () => {
    supervise()
    const active = await rowsOf(database, "select id from job where state in ('CREATED','PENDING','RUNNING','RETRYING','ABORTING')")
    assert.equal(active.length, 0)
  })
  t.diagnostic(JSON.stringify(killed))
  assert.ok(Object.values(killed).every((times) => times > 0))
  t.diagnostic(`${promised.length} backups by hand; ${(await rowsOf(database, 'select id from job')).length} jobs in all`)

  await assertOccurrences(database)
  const unwell = await rowsOf(database, "select kind, state, message from job where state <> 'COMPLETED'")
  assert.deepEqual(unwell, [])
  const known = new Set((await rowsOf<{ id: string }>(database, 'select id from job')).map(({ id }) => id))
  assert.deepEqual(
    promised.filter((id) => !known.has(id)),
    [],
  )
  await assertPoints(database, vault, recoveryKey)

  const last = await eventually(async () => {
    supervise()
    const some = await api()
    await some.call(getStatus, {})
    return some
  })
  const { isIntact } = await last.call(verifyAudit, {})
  assert.equal(isIntact, true)
  for (const name of names) {
    const to = join(folder, `restored-${name}`)
    const job = await last.call(startRestore, { params: { source: name }, body: { to } })
    await eventually(async () => {
      const now: JobView = await last.call(getJob, { params: { job: job.id } })
      assert.equal(now.state, 'COMPLETED')
    })
    assert.deepEqual(await readFile(join(to, 'noise')), await readFile(join(folder, name, 'noise')))
  }
})

/** More rules for each plan, all due at every minute. */
async function addRules(client: Client, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const source = await client.call(getSource, { params: { source: name } })
    const rules = Array.from({ length: rulesPerSource }, (_, n) => ({
      name: `rule-${n}`,
      targetVault: 'main',
      schedule: '* * * * *',
      lifecycle: {},
    }))
    const document = { name, rules, selections: [{ name, sources: [source.id] }] }
    await client.call(applyPlan, { body: { document } })
  }
}

interface Harmed {
  readonly servers: readonly Victim[]
  readonly workers: readonly Victim[]
  readonly proxy: CuttableProxy
}

/** What was done to them in all: a run that killed nothing proves nothing. */
const killed = { workers: 0, servers: 0, postgres: 0, cuts: 0 }

async function harm(random: SeededRandom, { servers, workers, proxy }: Harmed): Promise<void> {
  const kind = random.integer(10)
  if (kind < 3) {
    await workers[random.integer(workers.length)]?.kill()
    killed.workers++
  } else if (kind < 4) {
    await servers[random.integer(servers.length)]?.kill()
    killed.servers++
  } else if (kind < 5) {
    proxy.cut()
    killed.cuts++
  } else if (kind < 8) proxy.mend()
}

/** Where it is just dead, or just being started, it is killed the next time. */
async function killPostgres(dataFolder: string): Promise<void> {
  const pid = Number((await readFile(join(dataFolder, 'catalogue/data/postmaster.pid'), 'utf8').catch(() => '')).split('\n')[0])
  if (!(pid > 1)) return
  try {
    process.kill(pid, 'SIGKILL')
    killed.postgres++
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

/** Each instant at which a rule fell due is recorded once, and each that was to run has one job. */
async function assertOccurrences(database: pg.Pool): Promise<void> {
  const rules = await rowsOf<{ id: string; from: Date; through: Date }>(
    database,
    'select rule.id, anchor_at as from, evaluated_through as through from rule where deletion_date is null',
  )
  assert.equal(rules.length, sources * rulesPerSource)
  for (const { id, from, through } of rules) {
    const occurrences = await rowsOf<{ dueAt: Date; disposition: string; jobs: string }>(
      database,
      `select due_at as "dueAt", disposition, (select count(*) from job where job.occurrence_id = occurrence.id) as jobs
       from occurrence where rule_id = '${id}' order by due_at`,
    )
    const minute = 60_000
    const due: number[] = []
    for (let at = Math.floor(from.getTime() / minute) * minute + minute; at <= through.getTime(); at += minute) due.push(at)
    assert.ok(due.length > 0)
    assert.deepEqual(
      occurrences.map(({ dueAt }) => dueAt.getTime()),
      due,
    )
    for (const { disposition, jobs } of occurrences) assert.equal(Number(jobs), disposition === 'RUN' ? 1 : 0)
  }
}

/** Jobs, points and snapshots are the same in number, each of one job; and stock restic finds all of them whole. */
async function assertPoints(database: pg.Pool, vault: string, recoveryKey: string): Promise<void> {
  const points = await rowsOf<{ snapshot: string; job: string; verification: string }>(
    database,
    'select snapshot_id as snapshot, job_id as job, verification from point where deletion_date is null',
  )
  const backups = await rowsOf<{ id: string }>(database, "select id from job where kind = 'BACKUP'")
  assert.deepEqual(points.map(({ job }) => job).toSorted(), backups.map(({ id }) => id).toSorted())
  assert.deepEqual(new Set(points.map(({ verification }) => verification)), new Set(['SAMPLED']))
  const options = {
    env: { PATH: process.env['PATH'] ?? '', RESTIC_PASSWORD: recoveryKey, HOME: '/nonexistent' },
    maxBuffer: 64 << 20,
  }
  const restic = (...args: string[]) =>
    promisify(execFile)(findTool('restic', 'COFFRE_RESTIC'), ['--no-cache', '--no-lock', '--repo', vault, ...args], options)
  const snapshots = JSON.parse((await restic('snapshots', '--json')).stdout) as { id: string; tags: string[] }[]
  const made = snapshots.filter(({ tags }) => tags.includes('coffre:engine=files'))
  assert.deepEqual(made.map(({ id }) => id).toSorted(), points.map(({ snapshot }) => snapshot).toSorted())
  await restic('check', '--read-data')
}

async function rowsOf<Row = unknown>(database: pg.Pool, text: string): Promise<Row[]> {
  return (await database.query(text)).rows as Row[]
}

/** Waits until something holds. Who waits here is beside processes that may be starting, recovering or dead. */
async function eventually<Result>(attempt: () => Promise<Result>): Promise<Result> {
  const untilMs = performance.now() + quietMs
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (performance.now() > untilMs) throw error
      await systemContext.clock.sleep(250, new AbortController().signal)
    }
  }
}
