import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RepositoryFixture } from '@coffre/testkit'
import type { StoredSnapshot } from '../format/snapshot.ts'
import { nothingHeld } from '../prune/held.ts'
import { Repository } from '../repository/repository.ts'
import { listSnapshots } from '../snapshots/snapshots.ts'
import { forgetSnapshots } from './forget-snapshots.ts'
import { type ForgetRules, planForget } from './plan-forget.ts'

const signal = new AbortController().signal

function snapshotOf(day: number, hostname = 'a'): StoredSnapshot {
  const digit = `${hostname}${day}`
  return {
    id: Buffer.from(digit).toString('hex').padEnd(64, '0'),
    time: `2026-03-${String(day).padStart(2, '0')}T10:00:00Z`,
    tree: '',
    paths: ['/x'],
    hostname,
  }
}

const snapshots = [1, 2, 3, 4, 5].flatMap((day) => [snapshotOf(day), snapshotOf(day, 'b')])
const rules: ForgetRules = {
  policy: { counts: { daily: 2 } },
  groupBy: { host: true, paths: true, tags: false },
  nowMs: Date.UTC(2026, 3, 1),
  zone: () => 0,
}

function days(list: readonly StoredSnapshot[]): number[] {
  return list.map(({ time }) => Number(time.slice(8, 10)))
}

test('each group is divided by the policy', () => {
  const groups = planForget(snapshots, rules)
  assert.deepEqual(
    groups.map(({ key, keep, remove }) => [key.hostname, days(keep), days(remove)]),
    [
      ['a', [5, 4], [3, 2, 1]],
      ['b', [5, 4], [3, 2, 1]],
    ],
  )
})

test('what is held is kept and said to be so', () => {
  const held = { snapshots: new Set([snapshotOf(2).id]), packs: new Set<string>() }
  const [group] = planForget(snapshots, { ...rules, held })
  assert.deepEqual([days(group?.keep ?? []), days(group?.remove ?? []), days(group?.held ?? [])], [[5, 4, 2], [3, 1], [2]])
  assert.deepEqual(
    group?.reasons.map(({ matches }) => matches),
    [['daily snapshot'], ['daily snapshot'], ['held']],
  )
})

test('a policy that says nothing, or keeps nothing of a group, is refused', () => {
  assert.throws(() => planForget(snapshots, { ...rules, policy: {} }), { code: 'usage.invalid' })
  assert.throws(() => planForget(snapshots, { ...rules, policy: { tags: [['none']] } }), {
    code: 'usage.invalid',
    message: /host a/,
  })
  assert.throws(() => planForget(snapshots, { ...rules, policy: { counts: { last: -2 } } }), { code: 'usage.invalid' })
  const [group] = planForget(snapshots, { ...rules, policy: {}, mayRemoveAll: true })
  assert.equal(group?.remove.length, 5)
})

test('snapshots are removed, and once more without complaint', async () => {
  await using fixture = await RepositoryFixture.create()
  const first = await fixture.snapshot({ a: 'one' })
  const second = await fixture.snapshot({ a: 'two' })
  await forgetSnapshots(fixture.repository, [first.id], { held: nothingHeld }, signal)
  await forgetSnapshots(fixture.repository, [first.id, first.id], { held: nothingHeld }, signal)
  assert.deepEqual(
    (await listSnapshots(fixture.repository, signal)).map(({ id }) => id),
    [second.id],
  )
  assert.equal(fixture.backend.operations.at(-1)?.kind, 'flush')
})

test('a held snapshot is refused together with all others', async () => {
  await using fixture = await RepositoryFixture.create()
  const first = await fixture.snapshot({ a: 'one' })
  const second = await fixture.snapshot({ a: 'two' })
  const held = { snapshots: new Set([second.id]), packs: new Set<string>() }
  const forgetting = forgetSnapshots(fixture.repository, [first.id, second.id], { held }, signal)
  await assert.rejects(
    forgetting,
    (error: Error) => 'code' in error && error.code === 'repository.held' && error.message.includes(second.id),
  )
  assert.equal((await listSnapshots(fixture.repository, signal)).length, 2)
})

test('a lease that is not held stops the removal', async () => {
  const lease = {
    assertHeld(): void {
      throw new Error('the lease is gone')
    },
  }
  await using fixture = await RepositoryFixture.create()
  const { id } = await fixture.snapshot({ a: 'one' })
  const { backend, config, masterKey, keyId, context } = fixture.repository
  const leased = new Repository(backend, { ...context, lease }, config, masterKey, keyId)
  await assert.rejects(forgetSnapshots(leased, [id], { held: nothingHeld }, signal), /the lease is gone/)
  assert.equal((await listSnapshots(fixture.repository, signal)).length, 1)
})
