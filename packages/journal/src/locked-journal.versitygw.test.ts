import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { dayMs, hourMs, isCoffreError, systemContext } from '@coffre/foundation'
import { heal, listSnapshots, withVersionFallback } from '@coffre/repository'
import { type Backend, type ObjectLock, openBackend, pathOf } from '@coffre/storage'
import { FakeClock, RepositoryFixture, type StoredLock, startVersitygw, storedLocks } from '@coffre/testkit'
import { listTails } from './tail/list-tails.ts'
import { JournalVault, streamName } from './testing/journal-vault.ts'
import { at } from './testing/segment-format.ts'

const signal = new AbortController().signal
const service = await startVersitygw()
after(() => service[Symbol.asyncDispose]())

/** A log that has come over midnight, in a bucket under compliance lock: a closed day, an open one, and tails after both. */
async function stage() {
  await service.createBucket('vault', { objectLock: true })
  // Whoever attacks has all the rights that there are.
  const s3 = () => ({ credentials: async () => service.credentials, conditionalCreate: true })
  const backend = await openBackend(service.location('vault', 'main'), { s3 }, systemContext, signal)
  const nowMs = systemContext.clock.nowMs()
  const clock = new FakeClock({ automatic: true, startMs: nowMs })
  const fixture = await RepositoryFixture.create({ backend, clock, lock: { mode: 'compliance', days: 30, daysMax: 60 } })
  const midnightMs = nowMs - (nowMs % dayMs)
  const vault = new JournalVault(await fixture.open(withVersionFallback(backend)), midnightMs - hourMs)
  const { stream } = vault
  const journal = await vault.begin()
  for (let tail = 0; tail < 3; tail++) await vault.seal(journal, stream.write(700))
  stream.nowMs = midnightMs
  await vault.seal(journal, stream.write(700))
  const outcome = await vault.fold({ lockDays: 35 })
  const retired = await vault.retire(outcome)
  for (let tail = 0; tail < 2; tail++) await vault.seal(journal, stream.write(700))
  const lock = backend.objectLock
  assert.ok(lock)
  return { fixture, backend, lock, vault, outcome, retired, nowMs, end: at('1', 6 * 700) }
}

test('in a bucket under lock the log survives whoever destroys, shortens, hides and shadows all that he can', async () => {
  const { lock, vault, outcome, retired, nowMs, end, ...its } = await stage()
  await using backend = its.backend
  await using fixture = its.fixture
  assert.deepEqual(
    outcome.points.map(({ isClosed }) => isClosed),
    [true, false],
  )
  assert.deepEqual(retired, { points: 0, tails: 0, kept: 3 })
  const before = await storedLocks(lock, signal)
  const [closed, open] = outcome.points.map(({ id }) => id)
  assertLocked(before, 'journal', 48 * hourMs, nowMs, 6)
  assertLocked(before, 'pack', 35 * dayMs, nowMs)
  const untilOf = (name: string | undefined) => before.find(({ version }) => version.name === name)?.retention?.until.getTime()
  assert.ok((untilOf(closed) ?? 0) >= nowMs + 35 * dayMs)
  assert.equal(untilOf(open), undefined)

  await destroy(lock, before)
  assert.ok(!(await storedLocks(lock, signal)).some(({ version }) => version.name === open), 'what is not locked can be destroyed')
  await assertWhole(await fixture.open(withVersionFallback(backend)), vault, end)
  await hide(backend, before)
  await assert.rejects(fixture.open(backend))
  await assertWhole(await fixture.open(withVersionFallback(backend)), vault, end)

  const healed = await fixture.open(withVersionFallback(backend))
  assert.ok((await heal(healed, { dryRun: false }, signal)).every(({ kind }) => kind !== 'lost'))
  const plain = await fixture.open(backend)
  await assertWhole(plain, vault, end)
  assert.deepEqual(
    (await listSnapshots(plain, signal)).map(({ id }) => id),
    [closed],
  )
  // The log goes on, and what was destroyed of the open day is folded once more.
  const mended = new JournalVault(plain, vault.stream.nowMs)
  const journal = await mended.open()
  await mended.seal(journal, vault.stream.write(700))
  assert.equal((await mended.fold({ lockDays: 35 })).points.length, 1)
  await assertWhole(await fixture.open(backend), vault, at('1', 7 * 700))
})

function assertLocked(locks: readonly StoredLock[], type: string, termMs: number, nowMs: number, count = 1): void {
  const own = locks.filter(({ version }) => version.type === type)
  assert.ok(own.length >= count, `${own.length} of ${type}`)
  for (const { version, retention } of own) {
    assert.equal(retention?.mode, 'compliance', pathOf(version))
    assert.ok(
      retention.until.getTime() >= nowMs + termMs - 1000,
      `${pathOf(version)} is locked until ${retention.until.toISOString()}`,
    )
  }
}

/** Every version, for ever; of what the store refuses, the retention is to be shorter at least. */
async function destroy(lock: ObjectLock, present: readonly StoredLock[]): Promise<void> {
  const isRefused = (error: unknown) => isCoffreError(error, 'storage.locked')
  for (const { version, retention } of present) {
    if (retention === undefined) {
      await lock.removeVersion(version, version.versionId, signal)
      continue
    }
    await assert.rejects(lock.removeVersion(version, version.versionId, signal), isRefused, pathOf(version))
    const shorter = { mode: retention.mode, until: new Date(retention.until.getTime() - hourMs) }
    await assert.rejects(lock.extend(version, version.versionId, shorter, signal), isRefused, pathOf(version))
  }
}

/** A delete without a version, or other content on top where the name is no hash that the store itself would hold it against. */
async function hide(backend: Backend, present: readonly StoredLock[]): Promise<void> {
  for (const [number, { version }] of present.entries()) {
    const isNamed = version.type === 'journal' || version.type === 'state'
    if (isNamed && number % 2 === 0) await backend.save(version, [Buffer.from('nothing')], { ifAbsent: false }, signal)
    else await backend.remove(version, signal)
  }
}

async function assertWhole(
  repository: Awaited<ReturnType<RepositoryFixture['open']>>,
  { stream }: JournalVault,
  end: ReturnType<typeof at>,
) {
  const vault = new JournalVault(repository, stream.nowMs)
  const reader = await vault.reader()
  assert.deepEqual(reader.end, end)
  const log: Uint8Array[] = []
  for await (const { bytes } of reader.read(at('1', 0), end, signal)) log.push(bytes.slice())
  assert.ok(Buffer.concat(log).equals(stream.log(at('1', 0), end)))
  assert.ok((await listTails(repository, streamName, signal)).length >= 6)
}
