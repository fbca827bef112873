import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dayMs } from '@coffre/foundation'
import { listSnapshots } from '@coffre/repository'
import { lockedFixture, RepositoryFixture } from '@coffre/testkit'
import { labelsOf, tagsOf } from './point-labels.ts'
import type { RunProgress } from './progress.ts'
import { runCopy } from './run-copy.ts'
import { runVerify } from './run-verify.ts'
import type { VaultSession } from './vault-session.ts'

function sessionOf({ repository, signal }: Pick<RepositoryFixture, 'repository' | 'signal'>): VaultSession {
  return { repository, signal, confirmed: Promise.resolve() }
}

const labels = { source: 'shop', engine: 'files', job: 'job-1' }

test('a copy is whole, keeps its labels, and is made once', async () => {
  await using from = await RepositoryFixture.create({ seed: 1 })
  await using to = await RepositoryFixture.create({ seed: 2 })
  const point = await from.snapshot({ a: from.noise(500_000, 1), b: 'b' }, { tags: tagsOf(labels) })
  await from.snapshot({ b: 'another point' })
  const progress: RunProgress[] = []
  const copy = (): ReturnType<typeof runCopy> =>
    runCopy(sessionOf(from), sessionOf(to), { pointId: point.id, packBytes: 65_536 }, (told) => progress.push(told), from.signal)
  const first = await copy()
  assert.deepEqual([first.isAdopted, first.bytesTransferred > 500_000], [false, true])
  assert.deepEqual([...new Set(progress.map(({ state }) => state))], ['preparing', 'transferring', 'committing'])
  assert.deepEqual([progress.at(-1)?.doneBytes, progress.at(-1)?.totalBytes], [first.bytesTransferred, first.bytesTransferred])
  const again = await copy()
  assert.deepEqual(again, { pointId: first.pointId, isAdopted: true, bytesTransferred: 0, dataAdded: 0, dataAddedPacked: 0 })
  const [stored, ...others] = await listSnapshots(to.repository, to.signal)
  assert.deepEqual([stored?.id, stored?.original, others], [first.pointId, point.id, []])
  assert.deepEqual(labelsOf(stored?.tags), labels)
  const { isSound } = await runVerify(sessionOf(to), { pointId: first.pointId, read: 'all' }, () => undefined, to.signal)
  assert.ok(isSound)
})

test('a copy into a locked vault is locked there', async () => {
  await using from = await RepositoryFixture.create({ seed: 1 })
  await using to = await lockedFixture(2)
  const point = await from.snapshot({ a: from.noise(100_000, 1) })
  const { pointId } = await runCopy(
    sessionOf(from),
    sessionOf(to),
    { pointId: point.id, lockDays: 50 },
    () => undefined,
    from.signal,
  )
  const { objectLock } = to.backend
  const [version] = await objectLock.versionsOf({ type: 'snapshot', name: pointId }, to.signal)
  assert.ok(version)
  const retention = await objectLock.retention(version, version.versionId, to.signal)
  assert.ok((retention?.until.getTime() ?? 0) >= to.context.clock.nowMs() + 49 * dayMs)
})

test('a lost lock of either vault ends a copy', async () => {
  await using from = await RepositoryFixture.create({ seed: 1 })
  await using to = await RepositoryFixture.create({ seed: 2 })
  const { id } = await from.snapshot({ a: 'a' })
  const lost = { signal: AbortSignal.abort() }
  for (const [a, b] of [
    [{ ...sessionOf(from), ...lost }, sessionOf(to)],
    [sessionOf(from), { ...sessionOf(to), ...lost }],
  ] as const) {
    await assert.rejects(
      runCopy(a, b, { pointId: id }, () => undefined, from.signal),
      { code: 'interrupted' },
    )
  }
  assert.deepEqual(await listSnapshots(to.repository, to.signal), [])
})
