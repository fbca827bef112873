import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dayMs } from '@coffre/foundation'
import { lockedBackup, lockedFixture, RepositoryFixture, storedLocks } from '@coffre/testkit'
import { loadIndex } from '../repository/load-index.ts'
import { loadSnapshot } from '../snapshots/snapshots.ts'
import { loadVaultState } from '../state/load-vault-state.ts'
import { ledgerKey } from '../state/vault-state.ts'
import { changeLockPolicy } from './change-lock-policy.ts'
import { heal } from './heal.ts'
import { LockSession } from './lock-session.ts'
import { packsOf } from './refer-trees.ts'
import { verifyLocks } from './verify-locks.ts'

const signal = new AbortController().signal

test('a sharper policy counts from the next commit on, in sessions that are open too, and shortens nothing', async () => {
  await using fixture = await lockedFixture()
  const { repository, backend, context } = fixture
  await lockedBackup(fixture, { 'a.bin': fixture.noise(300_000, 1) })
  const before = await storedLocks(backend.objectLock, signal)
  const index = await loadIndex(repository, { trustOnlyListedPacks: true }, signal)
  const lock = await LockSession.open(repository, index, { days: 31 }, signal)
  assert.ok(lock)
  await changeLockPolicy(repository, { mode: 'compliance', days: 45, daysMax: 90 }, signal)
  await fixture.write({ 'b.bin': fixture.noise(90_000, 2) })
  const { snapshotId = '' } = await fixture.backup({ lock }, repository, index)

  const state = await loadVaultState(repository, signal)
  assert.equal(state.points.get(snapshotId), context.clock.nowMs() + 45 * dayMs)
  const { tree } = await loadSnapshot(repository, snapshotId, signal)
  const packs = await packsOf(repository, await loadIndex(repository, {}, signal), [tree], signal)
  assert.ok(before.some(({ version }) => packs.has(version.name)))
  for (const name of packs) {
    const entry = state.ledger.get(ledgerKey({ type: 'pack', name }))
    assert.equal(entry?.mode, 'compliance', name)
    assert.ok(entry.untilMs >= context.clock.nowMs() + 45 * dayMs, name)
  }
  assert.deepEqual((await verifyLocks(repository, state, 1000, signal)).findings, [])
  // No store makes a governance lock compliant for everybody: what is there is stored once more, and that is no shadow to heal.
  const now = new Map((await storedLocks(backend.objectLock, signal)).map((stored) => [stored.version.versionId, stored]))
  for (const { version, retention } of before) {
    const until = now.get(version.versionId)?.retention?.until
    assert.ok(until !== undefined && until >= (retention?.until ?? assert.fail()), version.name)
  }
  assert.deepEqual(await heal(repository, { dryRun: false }, signal), [])
  const opening = [...now.values()].filter(({ version }) => version.isLatest && ['config', 'key', 'state'].includes(version.type))
  assert.ok(opening.length > 4)
  for (const { version, retention } of opening) assert.equal(retention?.mode, 'compliance', `${version.type}/${version.name}`)
})

test('a relaxed policy leaves open sessions as strict as they were, and later ones do without a lock', async () => {
  await using fixture = await lockedFixture()
  const { repository, context } = fixture
  await fixture.write({ 'a.bin': fixture.noise(90_000, 1) })
  const index = await loadIndex(repository, { trustOnlyListedPacks: true }, signal)
  const lock = await LockSession.open(repository, index, {}, signal)
  assert.ok(lock)
  await changeLockPolicy(repository, undefined, signal)
  const { snapshotId = '' } = await fixture.backup({ lock }, repository, index)
  const state = await loadVaultState(repository, signal)
  assert.equal(state.points.get(snapshotId), context.clock.nowMs() + 30 * dayMs)
  assert.equal(await LockSession.open(repository, await loadIndex(repository, {}, signal), {}, signal), undefined)
})

test('the same policy once more writes nothing; storage without object lock takes none', async () => {
  await using locked = await lockedFixture()
  const { head, lock } = await loadVaultState(locked.repository, signal)
  assert.deepEqual((await changeLockPolicy(locked.repository, lock, signal)).head, head)
  await using fixture = await RepositoryFixture.create()
  const policy = { mode: 'governance', days: 1, daysMax: 1 } as const
  await assert.rejects(changeLockPolicy(fixture.repository, policy, signal), { code: 'storage.unsupported' })
})
