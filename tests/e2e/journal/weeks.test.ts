import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Position } from '@coffre/connector'
import { dayMs, hourMs, isCoffreError } from '@coffre/foundation'
import { listLogPoints } from '@coffre/journal'
import { type Repository, withVersionFallback } from '@coffre/repository'
import { type FileHandle, LockingMemoryBackend } from '@coffre/storage'
import { FakeClock, fixtureContext, RepositoryFixture, SeededRandom, storedLocks, testSeed } from '@coffre/testkit'
import { newId } from '../../../packages/control-plane/src/catalogue/new-id.ts'
import { JobStore } from '../../../packages/control-plane/src/jobs/job-store.ts'
import { applyPlan } from '../../../packages/control-plane/src/plans/apply-plan.ts'
import { applyRetention } from '../../../packages/control-plane/src/scheduler/retention.ts'
import { makePoint, makeSource, makeVault } from '../../../packages/control-plane/src/testing/tenant-objects.ts'
import { makeProject, startTestCatalogue } from '../../../packages/control-plane/src/testing/test-catalogue.ts'
import { logLockDays } from '../../../packages/control-plane/src/worker/log-lock-days.ts'
import { tidyLog } from '../../../packages/control-plane/src/worker/tidy-log.ts'
import { JournalVault, logOf, streamName } from '../../../packages/journal/src/testing/journal-vault.ts'

const { signal } = new AbortController()
const windowDays = 7
const beganMs = Date.UTC(2026, 9, 1)

interface Base {
  readonly id: string
  readonly atMs: number
  readonly position: Position
}

/** A source with a window of a week, in a vault whose lock alone would let go after a day, and whose points are due after two. */
async function stage() {
  const its = await startTestCatalogue()
  const clock = new FakeClock({ automatic: true, startMs: beganMs })
  const backend = new LockingMemoryBackend({ ...fixtureContext(), clock })
  const fixture = await RepositoryFixture.create({ backend, clock, lock: { mode: 'compliance', days: 1, daysMax: 60 } })
  const { context } = fixture
  const { catalogue } = its
  const { projectId } = await makeProject(catalogue, context, 'weeks')
  const vaultId = await makeVault(catalogue, context, projectId, 'main')
  const sourceId = await makeSource(catalogue, context, projectId, 'shop')
  const rule = { name: 'rule', targetVault: 'main', continuous: true, windowDays, lifecycle: { deleteAfter: '2d' } }
  const document = { name: 'plan', rules: [rule], selections: [{ name: 'all', sources: ['shop'] }] }
  const order = { projectId, document, name: undefined, targetVault: undefined, createdBy: 'test' }
  await applyPlan(catalogue, context, order, () => Promise.resolve())
  const began = new Date(beganMs)
  const row = { projectId, sourceId, vaultId, logName: streamName, state: 'CAPTURING', createdAt: began, updatedAt: began } as const
  const epoch = { epoch: 1, epochAt: began, epochBranch: '1', epochOffset: '' }
  await catalogue
    .insertInto('stream')
    .values({ id: newId(context), ...row, ...epoch })
    .execute()
  const vault = new JournalVault(fixture.repository, beganMs)
  const keeper = await fixture.open(withVersionFallback(backend))
  const parts = { catalogue, store: new JobStore(catalogue, context), context, machine: 'here' }
  return {
    clock,
    backend,
    vault,
    keeper,
    journal: await vault.begin(),
    async tidy(): Promise<void> {
      const { lockDays = 0 } = await logLockDays(parts, { projectId, vaultId, sourceId }, keeper, signal)
      const outcome = await vault.fold({ lockDays })
      await vault.retire(outcome, keeper)
      await tidyLog(parts, keeper, { projectId, vaultId, logName: streamName }, signal)
    },
    async base(): Promise<Base> {
      const at = new Date(clock.nowMs())
      const id = await makePoint(catalogue, context, { projectId, vaultId, sourceId, createdAt: at })
      const manifest = JSON.stringify({ begin: vault.stream.end, end: vault.stream.end })
      const lifecycle = JSON.stringify({ deleteAfter: { value: 2, unit: 'days' } })
      const columns = { manifest, lifecycle, verification: 'SAMPLED', consistentAt: at, completedAt: at } as const
      await catalogue.updateTable('point').set(columns).where('id', '=', id).execute()
      return { id, atMs: at.getTime(), position: vault.stream.end }
    },
    /** Resolves to the ids of the bases that stay. */
    async retain(): Promise<ReadonlySet<string>> {
      await applyRetention(parts, signal)
      const gone = { state: 'EXPIRED', deletionDate: new Date(clock.nowMs()) } as const
      await catalogue.updateTable('point').set(gone).where('state', '=', 'DELETING').execute()
      const left = await catalogue.selectFrom('point').select('id').where('deletionDate', 'is', null).execute()
      return new Set(left.map(({ id }) => id))
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await fixture[Symbol.asyncDispose]()
      await its[Symbol.asyncDispose]()
    },
  }
}

test('over weeks every second of the window stays restorable and locked, and all else goes', async () => {
  const random = new SeededRandom(testSeed('log-weeks'))
  await using its = await stage()
  const { clock, vault, keeper, journal, backend } = its
  const bases: Base[] = []
  for (let hour = 0; hour < 28 * 24; hour += 6) {
    vault.stream.nowMs = clock.nowMs()
    await vault.seal(journal, vault.stream.write(200 + random.integer(400)))
    if (hour % 48 === 0) bases.push(await its.base())
    if (hour % 24 === 12) await its.tidy()
    if (hour % 24 === 0) {
      const left = await its.retain()
      for (let probe = 0; probe < 2; probe++) {
        const atMs = Math.max(beganMs, clock.nowMs() - random.integer(windowDays * dayMs))
        const base = bases.findLast((one) => one.atMs <= atMs && left.has(one.id))
        assert.ok(base, `no base is left before ${new Date(atMs).toISOString()}`)
        await assertRestorable(vault, keeper, base, atMs)
      }
      assert.ok(left.size <= 5, `${left.size} bases are left`)
    }
    clock.advance(6 * hourMs)
  }
  const days = await listLogPoints(keeper, streamName, signal)
  assert.ok(days.length <= windowDays + 8, `${days.length} points of log are left`)
  const beginMs = clock.nowMs() - windowDays * dayMs
  const locks = await storedLocks(backend.objectLock, signal)
  for (const { id, day, isClosed } of days) {
    const untilMs = locks.find(({ version }) => version.name === id)?.retention?.until.getTime() ?? 0
    if (isClosed)
      assert.ok(untilMs >= Date.parse(day) + (windowDays + 1) * dayMs, `${day} is locked until ${new Date(untilMs).toISOString()}`)
  }
  const inWindow = days.find(({ isClosed, day }) => isClosed && Date.parse(day) >= beginMs)
  assert.ok(inWindow)
  await assertIndestructible(backend, { type: 'snapshot', name: inWindow.id })
  const packs = locks.filter(({ version }) => version.type === 'pack')
  const locked = packs.filter(({ retention }) => (retention?.until.getTime() ?? 0) > clock.nowMs())
  // Twelve days of four weeks: the window, the end of a quantum, and what a day takes over from the day before.
  assert.ok(locked.length < packs.length / 2, `${locked.length} of ${packs.length} packs are locked`)
  const tails = locks.filter(({ version }) => version.type === 'journal')
  assert.ok(tails.length <= 14, `${tails.length} tails are left`)
})

async function assertRestorable(vault: JournalVault, keeper: Repository, base: Base, atMs: number): Promise<void> {
  const reader = await new JournalVault(keeper, beganMs).reader()
  const located = await reader.locate({ atUs: atMs * 1000, after: base.position }, signal)
  const { through } = located
  const log = await logOf(reader.read(base.position, through, signal))
  assert.ok(log.equals(vault.stream.log(base.position, through)), `the log before ${new Date(atMs).toISOString()} is another`)
}

async function assertIndestructible({ objectLock }: LockingMemoryBackend, file: FileHandle): Promise<void> {
  const [version] = await objectLock.versionsOf(file, signal)
  assert.ok(version)
  const isLocked = (error: unknown) => isCoffreError(error, 'storage.locked')
  await assert.rejects(objectLock.removeVersion(file, version.versionId, signal), isLocked)
  const shorter = { mode: 'compliance', until: new Date(beganMs) } as const
  await assert.rejects(objectLock.extend(file, version.versionId, shorter, signal), isLocked)
}
