import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Context, dayMs, systemContext } from '@coffre/foundation'
import { loadVaultState } from '@coffre/repository'
import { fileTypes, LockingMemoryBackend, type RetentionMode } from '@coffre/storage'
import { SeededRandom, storedLocks, temporaryFolder } from '@coffre/testkit'
import { startDueHeals } from '../scheduler/due-heals.ts'
import { startDuePrunes } from '../scheduler/due-prunes.ts'
import { startDueRecords } from '../scheduler/due-records.ts'
import { applyRetention } from '../scheduler/retention.ts'
import { startTestCatalogue, type TestCatalogue } from '../testing/test-catalogue.ts'
import { TestWorker } from '../testing/test-worker.ts'
import { openVault } from '../worker/open-vault.ts'

const signal = new AbortController().signal

let its: TestCatalogue
before(async () => {
  its = await startTestCatalogue()
})
after(() => its[Symbol.asyncDispose]())

/** A vault in a bucket in memory, whose clock and ours run on by days at will. */
async function stage(mode: RetentionMode, folder: string) {
  const { clock, random } = systemContext
  let aheadMs = 0
  const moved = {
    nowMs: () => clock.nowMs() + aheadMs,
    monotonicMs: () => clock.monotonicMs(),
    sleep: clock.sleep.bind(clock),
  }
  const context: Context = { clock: moved, random }
  const storage = new LockingMemoryBackend(context)
  const worker = await TestWorker.start(its, { context, storage })
  // What is due is looked for in all projects: vaults of other tests are none of this one's.
  await its.catalogue
    .updateTable('vault')
    .set({ deletionDate: new Date(systemContext.clock.nowMs()) })
    .execute()
  const location = `s3:http://127.0.0.1:1/memory/${mode}`
  const { id } = await worker.vault('main', { location, lock: { mode, minRetentionDays: 1 } })
  await worker.source('docs', folder)
  const storedBytes = async (): Promise<number> => {
    let sum = 0
    for (const type of fileTypes)
      for await (const { sizeBytes } of storage.objectLock.versions(type, signal)) sum += type === 'lock' ? 0 : sizeBytes
    return sum
  }
  const statesOf = async (...kinds: readonly string[]): Promise<string[]> =>
    (await worker.doAll()).filter(({ kind }) => kinds.includes(kind)).map(({ kind, state }) => `${kind} ${state}`)
  const later = (days: number): void => {
    aheadMs += days * dayMs
  }
  return { worker, storage, id, storedBytes, statesOf, later }
}

for (const mode of ['governance', 'compliance'] as const) {
  test(`after its term what was under ${mode} lock goes, and its space comes back`, async () => {
    await using folder = await temporaryFolder()
    const random = new SeededRandom(1)
    const { worker, id, storedBytes, statesOf, later } = await stage(mode, folder.path)
    const { catalogue } = worker.parts
    await writeFile(join(folder.path, 'large'), random.bytes(3_000_000))
    const first = await worker.backup('docs', 'main', { deleteAfter: '1d' })
    await writeFile(join(folder.path, 'large'), random.bytes(1000))
    const second = await worker.backup('docs', 'main', { deleteAfter: '90d' })
    const fullBytes = await storedBytes()

    // Its own term has ended, that of its files has not: they are locked up to two quanta longer.
    later(1.01)
    assert.equal(await applyRetention(worker.parts, signal), 1)
    assert.deepEqual(await statesOf('EXPIRE'), ['EXPIRE PARTIAL'])
    const { state, lockUntil } = await catalogue
      .selectFrom('point')
      .select(['state', 'lockUntil'])
      .where('id', '=', first.id)
      .executeTakeFirstOrThrow()
    assert.equal(state, 'COMPLETED')
    assert.ok((lockUntil?.getTime() ?? 0) > worker.parts.context.clock.nowMs())
    assert.equal(await applyRetention(worker.parts, signal), 0)

    later(3)
    assert.equal(await applyRetention(worker.parts, signal), 1)
    assert.deepEqual(await statesOf('EXPIRE'), ['EXPIRE COMPLETED'])
    for (let day = 0; day < 3; day++) {
      assert.equal(await startDuePrunes(worker.parts), day < 2 ? 1 : 0)
      assert.deepEqual(await statesOf('PRUNE'), day < 2 ? ['PRUNE COMPLETED'] : [])
      later(1.01)
    }
    assert.ok((await storedBytes()) < fullBytes - 2_500_000, `${await storedBytes()} of ${fullBytes} bytes are left`)

    // What Coffre removes by itself is no tampering, and the lock of the other point is whole.
    assert.equal(await startDueHeals(worker.parts), 1)
    const [look] = await worker.doAll()
    assert.deepEqual([look?.kind, look?.state, look?.result], ['HEAL', 'COMPLETED', { found: 0, mended: 0, left: 0, kinds: {} }])
    await using vault = await openVault(worker.parts, id, 'keeper', signal)
    const { points } = await loadVaultState(vault.repository, signal)
    assert.ok((points.get(second.snapshotId) ?? 0) > worker.parts.context.clock.nowMs() + 80 * dayMs)
  })
}

test('a lock that was changed reaches the vault, and shortens nothing', async () => {
  await using folder = await temporaryFolder()
  await writeFile(join(folder.path, 'file'), 'content')
  const { worker, storage, id } = await stage('governance', folder.path)
  const { catalogue, context } = worker.parts
  await worker.backup('docs', 'main')
  const earlier = await storedLocks(storage.objectLock, signal)
  const lockOf = async () => {
    await using vault = await openVault(worker.parts, id, 'keeper', signal)
    return (await loadVaultState(vault.repository, signal)).lock
  }
  const change = catalogue.updateTable('vault').where('id', '=', id)
  await change.set({ lockMode: 'compliance', minRetentionDays: 20, maxRetentionDays: 40 }).execute()
  assert.equal(await startDueRecords(worker.parts), 1)
  await worker.doAll()
  assert.deepEqual(await lockOf(), { mode: 'compliance', days: 20, daysMax: 40 })
  // Also when no job has told the vault yet.
  await change.set({ minRetentionDays: 30 }).execute()
  const point = await worker.backup('docs', 'main', { deleteAfter: '30d' })
  assert.deepEqual(await lockOf(), { mode: 'compliance', days: 30, daysMax: 40 })
  await using vault = await openVault(worker.parts, id, 'keeper', signal)
  const { points } = await loadVaultState(vault.repository, signal)
  assert.ok((points.get(point.snapshotId) ?? 0) > context.clock.nowMs() + 29.9 * dayMs)
  const now = new Map((await storedLocks(storage.objectLock, signal)).map((stored) => [stored.version.versionId, stored]))
  for (const { version, retention } of earlier.filter(({ version: { type } }) => type !== 'lock'))
    assert.ok((now.get(version.versionId)?.retention?.until ?? new Date(0)) >= (retention?.until ?? new Date(0)), version.name)
})

test('vaults with a lock are looked into daily, others after a point turned out to be damaged', async () => {
  await using folder = await temporaryFolder()
  await writeFile(join(folder.path, 'file'), 'content')
  const { worker, later } = await stage('governance', folder.path)
  const { parts } = worker
  assert.equal(await startDueHeals(parts), 0)
  later(1.01)
  assert.equal(await startDueHeals(parts), 1)
  assert.equal(await startDueHeals(parts), 0)
  await worker.doAll()
  assert.equal(await startDueHeals(parts), 0)
  await worker.backup('docs', 'main')
  later(0.01)
  const failed = parts.catalogue.updateTable('job').where('projectId', '=', worker.projectId).where('kind', '=', 'VERIFY')
  await failed.set({ state: 'FAILED', completedAt: new Date(parts.context.clock.nowMs()) }).execute()
  assert.equal(await startDueHeals(parts), 1)
})
