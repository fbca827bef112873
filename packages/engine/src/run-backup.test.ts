import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { CoffreError, dayMs, isCoffreError } from '@coffre/foundation'
import {
  findSnapshot,
  listSnapshots,
  loadIndex,
  loadVaultState,
  type Repository,
  readItems,
  StatePruneLedger,
} from '@coffre/repository'
import { LockingMemoryBackend, MemoryBackend } from '@coffre/storage'
import {
  describeItems,
  lockedFixture,
  RepositoryFixture,
  ScriptedConnector,
  ScriptedEngine,
  type ScriptedStep,
} from '@coffre/testkit'
import type { BackupRequest, BackupSource } from './backup/backup-request.ts'
import { labelsOf } from './point-labels.ts'
import type { RunProgress } from './progress.ts'
import { runBackup } from './run-backup.ts'
import type { VaultSession } from './vault-session.ts'

const request: BackupRequest = {
  source: 'shop',
  plan: 'daily',
  rule: 'nightly',
  job: 'job-1',
  isRetry: false,
  programVersion: 'test',
}
const files = { 'orders/1': 'one', 'orders/2': 'two', users: 'users' }

function sessionOf(repository: Repository, signal = new AbortController().signal): VaultSession {
  return { repository, signal, confirmed: Promise.resolve() }
}

function scripted(fixture: RepositoryFixture<MemoryBackend>, options: { readonly keepsLog?: boolean } = {}) {
  const engine = new ScriptedEngine({ clock: fixture.context.clock, files, ...options })
  const config = { server: 'scripted' }
  const source: BackupSource = {
    kind: 'items',
    connector: new ScriptedConnector(engine),
    config,
    secrets: { password: engine.password },
  }
  return { engine, source }
}

interface Backed {
  readonly progress: RunProgress[]
  run(more?: Partial<BackupRequest>, session?: VaultSession, signal?: AbortSignal): ReturnType<typeof runBackup>
}

function backing(fixture: RepositoryFixture<MemoryBackend>, source: BackupSource): Backed {
  const progress: RunProgress[] = []
  const run: Backed['run'] = (more = {}, session = sessionOf(fixture.repository), signal = fixture.signal) =>
    runBackup(session, source, { ...request, ...more }, (told) => progress.push(told), signal)
  return { progress, run }
}

test("an engine's point has its files in a folder, coffre.json beside it, and labels that find it", async () => {
  await using fixture = await RepositoryFixture.create()
  const { engine, source } = scripted(fixture)
  engine.changeSome(3)
  const { run } = backing(fixture, source)
  const outcome = await run({ tags: ['v1.2.3'] })
  assert.deepEqual([outcome.state, outcome.isAdopted, outcome.skippedCount, outcome.findings], ['complete', false, 0, []])
  const { snapshot } = await findSnapshot(fixture.repository, outcome.pointId, {}, fixture.signal)
  assert.deepEqual(snapshot.paths, ['/shop'])
  const position = `1@${engine.head.offset}`
  assert.deepEqual(labelsOf(snapshot.tags), {
    source: 'shop',
    engine: 'scripted',
    plan: 'daily',
    rule: 'nightly',
    job: 'job-1',
    position,
  })
  assert.ok(snapshot.tags?.includes('v1.2.3'))
  const index = await loadIndex(fixture.repository, {}, fixture.signal)
  const items = await describeItems(readItems(fixture.repository, index, snapshot, '', fixture.signal))
  const stored = items.filter(({ content }) => content !== undefined).map(({ path, content }) => [path, content?.toString()])
  const document = stored.shift()
  const expected = [...engine.files].map(([path, content]) => [`data/${path}`, Buffer.from(content).toString()])
  assert.deepEqual(stored, expected.sort())
  assert.equal(document?.[0], 'coffre.json')
  const { skipped, skippedCount, findings, ...manifest } = JSON.parse(document?.[1] ?? '')
  assert.deepEqual(manifest, outcome.manifest)
  assert.deepEqual([skipped, skippedCount, findings], [[], 0, []])
  assert.equal(outcome.summary?.totalFilesProcessed, engine.files.size + 1)
  assert.ok(!inspect([items, snapshot], { depth: 10 }).includes(engine.password), 'the password is in the vault')
  assert.deepEqual(engine.held, { connections: 0, snapshots: 0, captures: 0 })
})

test('an engine without a log has no position', async () => {
  await using fixture = await RepositoryFixture.create()
  const { run } = backing(fixture, scripted(fixture, { keepsLog: false }).source)
  const { pointId } = await run()
  const { snapshot } = await findSnapshot(fixture.repository, pointId, {}, fixture.signal)
  assert.equal(labelsOf(snapshot.tags).position, undefined)
})

test('a retry adopts what an earlier attempt has committed, and another job stores its own point', async () => {
  await using fixture = await RepositoryFixture.create()
  const { engine, source } = scripted(fixture)
  const { run } = backing(fixture, source)
  engine.unreadable.add('users')
  const first = await run()
  engine.changeSome(5)
  const again = await run({ isRetry: true })
  assert.deepEqual(again, { ...first, isAdopted: true })
  assert.equal(first.state, 'partial')
  assert.deepEqual(first.skipped, [{ path: 'users', reason: 'it cannot be read' }])
  const other = await run({ isRetry: true, job: 'job-2' })
  assert.notEqual(other.pointId, first.pointId)
  assert.equal((await listSnapshots(fixture.repository, fixture.signal)).length, 2)
})

test('wherever an attempt is stopped, the next one leaves exactly one point of the job', async () => {
  await using origin = await RepositoryFixture.create()
  let finished = false
  let adopted = 0
  for (let step = 0; !finished; step++) {
    const abort = new AbortController()
    let operations = 0
    const decide = (): { readonly effect: 'applied' } => {
      if (operations++ === step) abort.abort()
      return { effect: 'applied' }
    }
    const repository = await origin.open(new MemoryBackend({ files: origin.backend.files(), decide }))
    const { engine, source } = scripted(origin)
    const { run } = backing(origin, source)
    const first = await run({}, sessionOf(repository), abort.signal).catch((error: unknown) => {
      assert.ok(isCoffreError(error, 'interrupted'), `${error}`)
    })
    finished = first !== undefined
    const second = await run({ isRetry: true }, sessionOf(repository))
    if (second.isAdopted && first === undefined) adopted++
    const snapshots = await listSnapshots(repository, origin.signal)
    assert.deepEqual(
      snapshots.map(({ id }) => id),
      [second.pointId],
      `step ${step}`,
    )
    assert.deepEqual(engine.held, { connections: 0, snapshots: 0, captures: 0 })
    assert.ok(step < 200)
  }
  assert.ok(adopted > 0, 'no attempt was stopped after it had committed')
})

test('what was read and found damaged makes a point suspect, and it is kept', async () => {
  await using fixture = await RepositoryFixture.create()
  const { engine, source } = scripted(fixture)
  engine.unreadable.add('users')
  engine.damaged.add('orders/1')
  const { run } = backing(fixture, source)
  const outcome = await run()
  assert.deepEqual([outcome.state, outcome.findings.map(({ code }) => code)], ['suspect', ['scripted.damaged']])
  const { snapshot } = await findSnapshot(fixture.repository, outcome.pointId, {}, fixture.signal)
  assert.equal(labelsOf(snapshot.tags).state, 'suspect')
  assert.deepEqual(await run({ isRetry: true }), { ...outcome, isAdopted: true })
})

const steps: readonly ScriptedStep[] = ['open', 'snapshot', 'item', 'content', 'finish']

for (const step of steps) {
  test(`an error of the source at ${step} is that of the run, and there is no point`, async () => {
    await using fixture = await RepositoryFixture.create()
    const { engine, source } = scripted(fixture)
    const { run } = backing(fixture, source)
    const broken = new CoffreError('source.failed', 'as the test wishes')
    engine.faults.queue(step, { kind: 'error', error: broken })
    await assert.rejects(run(), broken)
    assert.deepEqual(await listSnapshots(fixture.repository, fixture.signal), [])
    assert.deepEqual(engine.held, { connections: 0, snapshots: 0, captures: 0 })
  })

  for (const stopper of ['the caller', 'the lock']) {
    test(`${stopper} stops a run that hangs at ${step}`, async () => {
      await using fixture = await RepositoryFixture.create()
      const { engine, source } = scripted(fixture)
      const { run } = backing(fixture, source)
      engine.faults.queue(step, { kind: 'stall' })
      const reached = engine.faults.reached(step)
      const [caller, lock] = [new AbortController(), new AbortController()]
      const running = run({}, sessionOf(fixture.repository, lock.signal), caller.signal)
      running.catch(() => undefined)
      await reached
      if (stopper === 'the caller') caller.abort()
      else lock.abort(new CoffreError('repository.lease-lost', 'the lock is lost'))
      await assert.rejects(running, { code: stopper === 'the caller' ? 'interrupted' : 'repository.lease-lost' })
      assert.deepEqual(await listSnapshots(fixture.repository, fixture.signal), [])
      assert.deepEqual(engine.held, { connections: 0, snapshots: 0, captures: 0 })
    })
  }
}

test('progress goes through its states, and forward', async () => {
  await using fixture = await RepositoryFixture.create()
  const { engine, source } = scripted(fixture)
  for (let number = 0; number < 40; number++) engine.change(`large/${number}`, 'x'.repeat(50_000))
  const { run, progress } = backing(fixture, source)
  for (let number = 0; number < 400; number++) engine.faults.queue('content', { kind: 'slow', delayMs: 100 })
  await run()
  assert.deepEqual([...new Set(progress.map(({ state }) => state))], ['preparing', 'transferring', 'committing'])
  const totalBytes = [...engine.files.values()].reduce((sum, { length }) => sum + length, 0)
  const moving = progress.filter(({ state }) => state === 'transferring').slice(1)
  assert.ok(moving.length > 20)
  for (const [at, told] of moving.entries()) {
    assert.equal(told.totalBytes, totalBytes)
    assert.ok(told.doneBytes >= (moving[at - 1]?.doneBytes ?? 0) && told.doneBytes <= totalBytes)
    assert.ok(told.doneItems >= (moving[at - 1]?.doneItems ?? 0))
  }
  const last = moving.at(-1)
  assert.ok((last?.bytesPerSecond ?? 0) > 0 && last?.etaMs !== undefined)
  const end = progress.at(-1)
  assert.deepEqual([end?.doneBytes, end?.totalBytes, end?.doneItems], [end?.totalBytes, end?.doneBytes, engine.files.size + 2])
})

test('the newest point of the source tells what is new, or the one that is named; one that is gone is done without', async () => {
  await using fixture = await RepositoryFixture.create()
  const { engine, source } = scripted(fixture)
  const { run } = backing(fixture, source)
  const first = await run()
  engine.change('orders/1', 'changed')
  const second = await run({ job: 'job-2' })
  // coffre.json is another one each time.
  assert.deepEqual([second.summary?.filesUnmodified, second.summary?.filesChanged, second.summary?.filesNew], [2, 2, 0])
  const third = await run({ job: 'job-3', parent: first.pointId })
  assert.deepEqual([third.summary?.filesUnmodified, third.summary?.filesChanged], [2, 2])
  const fourth = await run({ job: 'job-4', parent: '0'.repeat(64) })
  assert.deepEqual([fourth.summary?.filesUnmodified, fourth.summary?.filesNew], [0, 4])
  const elsewhere = await run({ job: 'job-5', source: 'other' })
  assert.equal(elsewhere.summary?.filesNew, 4)
})

test('in a locked vault a point is locked for as long as was asked', async () => {
  await using fixture = await lockedFixture()
  const engine = new ScriptedEngine({ clock: fixture.context.clock, files })
  const source: BackupSource = {
    kind: 'items',
    connector: new ScriptedConnector(engine),
    config: { server: 'scripted' },
    secrets: { password: engine.password },
  }
  const session = sessionOf(fixture.repository)
  const { pointId } = await runBackup(session, source, { ...request, lockDays: 45 }, () => undefined, fixture.signal)
  assert.ok(fixture.backend instanceof LockingMemoryBackend)
  const { objectLock } = fixture.backend
  const [version] = await objectLock.versionsOf({ type: 'snapshot', name: pointId }, fixture.signal)
  assert.ok(version)
  const retention = await objectLock.retention(version, version.versionId, fixture.signal)
  assert.ok((retention?.until.getTime() ?? 0) >= fixture.context.clock.nowMs() + 44 * dayMs)
})

test('a vault that keeps state knows the point, the adopted one too, so that a check misses it should it vanish', async () => {
  await using fixture = await RepositoryFixture.create()
  const { repository, signal } = fixture
  const { run } = backing(fixture, scripted(fixture).source)
  const early = await run()
  await new StatePruneLedger(repository).record([{ pack: 'ab'.repeat(32), reason: 'unused', markedMs: 0 }], signal)
  await run({ isRetry: true })
  const late = await run({ job: 'job-2' })
  const { known } = await loadVaultState(repository, signal)
  assert.deepEqual([...known.snapshots].sort(), [early.pointId, late.pointId].sort())
})

test('packs that a prune has marked are stored again, not relied on', async () => {
  await using fixture = await RepositoryFixture.create()
  const { repository, signal } = fixture
  const { run } = backing(fixture, scripted(fixture).source)
  const first = await run()
  const packs = await repository.names('pack', signal)
  const candidates = packs.map((pack) => ({ pack, reason: 'unused' as const, markedMs: 0 }))
  await new StatePruneLedger(repository).record(candidates, signal)
  const second = await run({ job: 'job-2' })
  assert.equal(second.summary?.dataBlobs, first.summary?.dataBlobs)
})
