import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BlobReader, listSnapshots, loadIndex, loadVaultState, placeHold, walkTree, withVersionFallback } from '@coffre/repository'
import type { Backend } from '@coffre/storage'
import { lockedFixture, RepositoryFixture, type StoredLock, storedLocks } from '@coffre/testkit'
import { describeLog } from '../describe-log.ts'
import { retireFolded } from '../retire-folded.ts'
import { listTails } from '../tail/list-tails.ts'
import { JournalVault, logOf, streamName } from '../testing/journal-vault.ts'
import { at } from '../testing/segment-format.ts'

const { signal } = new AbortController()
const hourMs = 3_600_000
const startMs = Date.UTC(2026, 10, 21, 21, 30)

async function vaultOf(fixture: RepositoryFixture<Backend>): Promise<JournalVault> {
  fixture.context.clock.skewMs = startMs - fixture.context.clock.nowMs()
  return new JournalVault(fixture.repository, startMs)
}

/** The files of each point, by its day. */
async function pointsOf({ repository }: JournalVault): Promise<Record<string, string[]>> {
  const reader = new BlobReader(repository, await loadIndex(repository, {}, signal))
  const points: Record<string, string[]> = {}
  for (const { tree, tags = [] } of await listSnapshots(repository, signal)) {
    const [day = ''] = tags.flatMap((tag) => (tag.startsWith('coffre:day=') ? [tag.slice('coffre:day='.length)] : []))
    const closed = tags.includes('coffre:closed=yes') ? ' closed' : ''
    const files: string[] = []
    for await (const { path, node } of walkTree(reader, tree, {}, signal)) if (node.type === 'file') files.push(path.slice(1))
    points[`${day}${closed}`] = files.filter((path) => !path.endsWith('.json'))
  }
  return points
}

test('log goes into the folder of its hour, day by day, and is read from there', async () => {
  await using fixture = await RepositoryFixture.create()
  const vault = await vaultOf(fixture)
  const { stream } = vault
  await using journal = await vault.begin()
  for (let step = 0; step < 8; step++) {
    await vault.seal(journal, stream.write(300), stream.write(400))
    stream.nowMs += hourMs / 2
    const outcome = await vault.fold()
    assert.equal(outcome.points.length, step === 5 ? 2 : 1)
    await vault.retire(outcome)
    await vault.assertLog(at('1', 0), at('1', 700 * (step + 1)))
  }
  assert.deepEqual(await pointsOf(vault), {
    '2026-11-21 closed': ['21/1-000000', '22/1-000001', '22/1-000002', '23/1-000003'],
    '2026-11-22': ['00/1-000003', '00/1-000004', '01/1-000005'],
  })
  assert.equal((await listTails(vault.repository, streamName, signal)).length, 1)
})

test('a quiet log closes its days by the clock, and each day is whole without the others', async () => {
  await using fixture = await RepositoryFixture.create()
  const vault = await vaultOf(fixture)
  const { stream } = vault
  await using journal = await vault.begin()
  await vault.seal(journal, stream.write(300))
  assert.equal((await vault.fold()).points.length, 1)
  assert.equal((await vault.fold()).points.length, 0)
  fixture.context.clock.advance(4 * hourMs)
  const closed = await vault.fold()
  assert.deepEqual(
    closed.points.map(({ day, isClosed }) => `${day} ${isClosed}`),
    ['2026-11-21 true'],
  )
  assert.equal((await vault.fold()).points.length, 0)
  // The source's clock is slow: what comes now belongs to the next day all the same.
  stream.nowMs += hourMs
  await vault.seal(journal, stream.write(300))
  await vault.retire(await vault.fold())
  stream.nowMs += 50 * hourMs
  await vault.seal(journal, stream.write(0))
  await vault.retire(await vault.fold())
  assert.deepEqual(await pointsOf(vault), {
    '2026-11-21 closed': ['21/1-000000'],
    '2026-11-22 closed': ['00/1-000000'],
    '2026-11-24': ['00/1-000000'],
  })
  for (const byte of [0, 299, 300, 450]) await vault.assertLog(at('1', byte), at('1', 600))
})

test('branches have files of their own from where the file begins that they left, and documents with them', async () => {
  await using fixture = await RepositoryFixture.create()
  const vault = await vaultOf(fixture)
  const { stream } = vault
  await using journal = await vault.begin()
  await vault.seal(journal, stream.write(1500))
  await vault.retire(await vault.fold())
  await vault.seal(journal, stream.write(400), stream.fork(700), stream.write(100))
  await vault.retire(await vault.fold())
  stream.nowMs += hourMs
  await vault.seal(journal, stream.write(900), stream.fork(0), stream.write(10))
  await vault.retire(await vault.fold())
  assert.deepEqual(await pointsOf(vault), {
    '2026-11-21': ['21/1-000000', '21/1-000001', '21/2-000001', '21/2.history', '22/2-000002', '22/3-000002', '22/3.history'],
  })
  await vault.assertLog(at('1', 0), stream.end)
  await vault.assertLog(at('1', 0), at('1', 1900))
  await vault.assertLog(at('3', 0), stream.end)
})

test('folded log that its tails contradict is a fork, and nothing is retired', async () => {
  await using fixture = await RepositoryFixture.create()
  const vault = await vaultOf(fixture)
  const { stream } = vault
  const journal = await vault.begin()
  await vault.seal(journal, stream.write(300))
  await vault.fold()
  const other = new JournalVault(vault.repository, startMs)
  const files = fixture.backend.files()
  for (const [path] of files) {
    if (path.startsWith('coffre/journal/')) await fixture.backend.remove({ type: 'journal', name: path.slice(15) }, signal)
  }
  // A journal that somebody began anew in the same place, as if nothing had been folded: of other log.
  for (const [path] of files)
    if (path.startsWith('snapshots/')) await fixture.backend.remove({ type: 'snapshot', name: path.slice(10) }, signal)
  const anew = await other.begin()
  const written = other.stream.write(300)
  await other.seal(anew, { ...written, bytes: new Uint8Array(300) })
  for (const [path, bytes] of files) if (path.startsWith('snapshots/')) fixture.backend.plant(path, bytes)
  const reader = await vault.reader()
  await assert.rejects(Array.fromAsync(reader.read(at('1', 0), at('1', 300), signal)), { code: 'journal.fork', message: /tail 1/ })
  await assert.rejects(vault.open(), { code: 'journal.damaged', message: /not the one that was folded/ })
})

test('one fold makes points of epochs and days that wait, and what it supersedes goes with its tails and nothing else', async () => {
  await using fixture = await RepositoryFixture.create()
  const vault = await vaultOf(fixture)
  const { stream } = vault
  const journal = await vault.begin()
  await vault.seal(journal, stream.write(300))
  await vault.fold()
  await vault.seal(journal, stream.write(300))
  stream.nowMs += 24 * hourMs
  await vault.seal(journal, stream.write(1300))
  journal.beginEpoch(at('1', 5000), stream.branches)
  await vault.seal(journal, { ...stream.write(100), after: at('1', 5000), through: at('1', 5100) })
  assert.equal(journal.unfoldedBytes, 2000)
  await fixture.snapshot({ other: 'of somebody else' })
  const outcome = await vault.fold()
  assert.deepEqual(
    outcome.points.map(({ epoch, day, isClosed }) => `${epoch} ${day} ${isClosed}`),
    ['1 2026-11-21 true', '1 2026-11-22 false', '2 2026-11-22 false'],
  )
  assert.ok(outcome.tail)
  journal.folded(outcome.tail)
  assert.equal(journal.unfoldedBytes, 0)
  assert.equal((await listSnapshots(vault.repository, signal)).length, 5)
  assert.deepEqual(await vault.retire(outcome), { points: 1, tails: 3, kept: 0 })
  assert.deepEqual(await vault.retire(outcome), { points: 0, tails: 0, kept: 0 })
  assert.equal((await listSnapshots(vault.repository, signal)).length, 4)
  assert.deepEqual((await vault.open()).durable, at('1', 5100))
  const index = await loadIndex(vault.repository, {}, signal)
  const epochs = await describeLog(vault.repository, index, streamName, signal)
  assert.deepEqual(
    epochs.map(({ epoch, windows, gaps, foldedBytes }) => [
      epoch,
      windows.map(({ after, through }) => [after, through]),
      gaps,
      foldedBytes,
    ]),
    [
      [1, [[at('1', 0).offset, at('1', 1900).offset]], [], 2900],
      [2, [[at('1', 5000).offset, at('1', 5100).offset]], [], 100],
    ],
  )
})

test('what is held or was told by no fold is not retired', async () => {
  await using fixture = await lockedFixture()
  const vault = await vaultOf(fixture)
  const journal = await vault.begin()
  await vault.seal(journal, vault.stream.write(300))
  const [first] = (await vault.fold()).points
  assert.ok(first)
  await placeHold(
    vault.repository,
    await loadIndex(vault.repository, {}, signal),
    { name: 'trial', reason: 'a test', snapshots: [first.id] },
    signal,
  )
  await vault.seal(journal, vault.stream.write(300))
  const outcome = await vault.fold()
  const keeper = await fixture.open(withVersionFallback(fixture.backend))
  assert.deepEqual(await retireFolded(keeper, streamName, { number: 0, id: '' }, signal), { points: 0, tails: 0, kept: 0 })
  assert.deepEqual(await vault.retire(outcome, keeper), { points: 0, tails: 0, kept: 2 })
})

test('in a locked vault tails are locked for two days, packs for the term, and the point once its day is closed', async () => {
  await using fixture = await lockedFixture()
  const vault = await vaultOf(fixture)
  const { stream } = vault
  const journal = await vault.begin()
  await vault.seal(journal, stream.write(1500))
  const open = await vault.fold()
  const nowMs = fixture.context.clock.nowMs()
  const locks = async () => storedLocks(fixture.backend.objectLock, signal)
  const lockOf = async (type: string, name?: string) =>
    (await locks()).filter(({ version }) => version.type === type && (name === undefined || version.name === name))
  for (const { retention } of await lockOf('journal')) {
    const leftMs = (retention?.until.getTime() ?? 0) - nowMs
    assert.ok(retention?.mode === 'governance' && leftMs > 47.9 * hourMs && leftMs <= 48 * hourMs + 1000, String(leftMs))
  }
  assert.deepEqual(
    (await lockOf('snapshot')).map(({ retention }) => retention),
    [undefined],
  )
  const isLocked = ({ retention }: StoredLock) => (retention?.until.getTime() ?? 0) >= nowMs + 30 * 24 * hourMs - 60_000
  assert.ok((await lockOf('pack')).length > 0 && (await lockOf('pack')).every(isLocked))
  fixture.context.clock.advance(4 * hourMs)
  stream.nowMs += 4 * hourMs
  await vault.seal(journal, stream.write(1500))
  const closing = await vault.fold()
  const keeper = await fixture.open(withVersionFallback(fixture.backend))
  assert.deepEqual(await vault.retire(closing, keeper), { points: 1, tails: 0, kept: 1 })
  assert.equal((await lockOf('snapshot', open.points[0]?.id)).length, 0)
  const [closed, next] = closing.points
  assert.deepEqual([closed?.isClosed, next?.isClosed], [true, false])
  assert.ok((await lockOf('snapshot', closed?.id)).every(isLocked))
  assert.deepEqual(
    (await lockOf('snapshot', next?.id)).map(({ retention }) => retention),
    [undefined],
  )
  const vaultState = await loadVaultState(vault.repository, signal)
  assert.deepEqual([...vaultState.points.keys()], [closed?.id])
  fixture.context.clock.advance(48 * hourMs)
  assert.equal((await vault.retire(closing, keeper)).tails, 1)
  const found = new JournalVault(keeper, startMs)
  assert.ok(
    (await logOf((await found.reader()).read(at('1', 0), at('1', 3000), signal))).equals(stream.log(at('1', 0), at('1', 3000))),
  )
})

test('tails and points that somebody hides or shadows in a locked vault are read all the same', async () => {
  await using fixture = await lockedFixture()
  const vault = await vaultOf(fixture)
  const journal = await vault.begin()
  await vault.seal(journal, vault.stream.write(1500))
  await vault.fold()
  await vault.seal(journal, vault.stream.write(500))
  await vault.seal(journal, vault.stream.write(500))
  const files = await listTails(vault.repository, streamName, signal)
  assert.equal(files.length, 3)
  for (const { file, number } of files) {
    if (number === 2) await fixture.backend.remove(file, signal)
    else fixture.backend.plant(`coffre/journal/${file.name}`, new Uint8Array(7))
  }
  for (const { id } of await listSnapshots(vault.repository, signal))
    await fixture.backend.remove({ type: 'snapshot', name: id }, signal)
  const whole = new JournalVault(await fixture.open(withVersionFallback(fixture.backend)), startMs)
  assert.deepEqual((await whole.open()).durable, at('1', 2500))
  assert.ok(
    (await logOf((await whole.reader()).read(at('1', 0), at('1', 2500), signal))).equals(
      vault.stream.log(at('1', 0), at('1', 2500)),
    ),
  )
})
