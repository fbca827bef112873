import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ChangeBatch, Position } from '@coffre/connector'
import { CoffreError } from '@coffre/foundation'
import { FaultyBackend, RepositoryFixture, SeededRandom, testSeed } from '@coffre/testkit'
import { listTails } from './tail/list-tails.ts'
import { JournalVault, logOf, streamName } from './testing/journal-vault.ts'
import { at } from './testing/segment-format.ts'

const { signal } = new AbortController()
const startMs = Date.UTC(2026, 10, 21, 10, 30)

test('what was sealed is durable, is found again and read back', async () => {
  await using fixture = await RepositoryFixture.create()
  const vault = new JournalVault(fixture.repository, startMs)
  const { stream } = vault
  const journal = await vault.begin()
  assert.deepEqual([journal.durable, journal.end, journal.epoch], [undefined, at('1', 0), 1])
  await journal.append(stream.write(10))
  await journal.append(stream.write(20))
  assert.deepEqual([journal.pendingBytes, journal.durable], [30, undefined])
  assert.deepEqual(await journal.seal(signal), at('1', 30))
  await journal.append(stream.write(5))
  assert.deepEqual([await journal.seal(signal), journal.pendingBytes, journal.unfoldedBytes], [at('1', 35), 0, 35])
  assert.deepEqual(await journal.seal(signal), at('1', 35))
  await journal[Symbol.asyncDispose]()

  const { head } = journal
  assert.ok(head)
  await using again = await vault.open({ anchor: head })
  assert.deepEqual(
    [again.durable, again.end, again.epoch, again.head?.number, again.unfoldedBytes],
    [at('1', 35), at('1', 35), 1, 2, 35],
  )
  const found = await vault.reader()
  for (const [from, to] of [
    [0, 35],
    [0, 30],
    [30, 35],
    [7, 33],
    [12, 12],
    [35, 35],
  ] as const) {
    assert.deepEqual(await logOf(found.read(at('1', from), at('1', to), signal)), stream.log(at('1', from), at('1', to)))
  }
})

function batch(from: Position, to: Position, more: Partial<ChangeBatch> = {}): ChangeBatch {
  return { after: from, through: to, bytes: new Uint8Array(1), ...more }
}

const fork = (id: string, parent: string, byte: number) => ({
  fork: { id, parent: { id: parent, forkOffset: at(parent, byte).offset } },
})

const gaps: Record<string, ChangeBatch> = {
  'begins later': batch(at('1', 101), at('1', 110)),
  'begins earlier': batch(at('1', 99), at('1', 110)),
  'is of another branch': batch(at('2', 100), at('2', 110)),
  'ends on another branch': batch(at('1', 100), at('2', 110)),
  'goes back': batch(at('1', 100), at('1', 90)),
  'has bytes and goes nowhere': batch(at('1', 100), at('1', 100)),
  'goes on without bytes': batch(at('1', 100), at('1', 110), { bytes: new Uint8Array(0) }),
  'forks after the end': batch(at('2', 101), at('2', 110), fork('2', '1', 101)),
  'forks elsewhere than it says': batch(at('2', 90), at('2', 110), fork('2', '1', 80)),
  'forks from an unknown branch': batch(at('3', 50), at('3', 60), fork('3', '2', 50)),
  'forks from nothing': batch(at('2', 50), at('2', 60), { fork: { id: '2' } }),
  'forks and is of its parent': batch(at('1', 50), at('1', 60), fork('2', '1', 50)),
  'forks to a known branch from elsewhere': batch(at('1', 50), at('1', 60), { fork: { id: '1' } }),
}

for (const [what, refused] of Object.entries(gaps)) {
  test(`a batch that ${what} is a gap, and nothing of it is taken`, async () => {
    await using fixture = await RepositoryFixture.create()
    const vault = new JournalVault(fixture.repository, startMs)
    await using journal = await vault.begin()
    await vault.seal(journal, vault.stream.write(100))
    await assert.rejects(journal.append(refused), { code: 'journal.gap' })
    assert.deepEqual([journal.end, journal.pendingBytes], [at('1', 100), 0])
    assert.deepEqual(await vault.seal(journal, vault.stream.write(5)), at('1', 105))
  })
}

test('without an epoch nothing is taken', async () => {
  await using fixture = await RepositoryFixture.create()
  const vault = new JournalVault(fixture.repository, startMs)
  await using journal = await vault.open()
  await assert.rejects(journal.append(vault.stream.write(1)), { code: 'journal.gap' })
  await assert.rejects(journal.seal(signal), { code: 'journal.gap' })
  await assert.rejects(vault.reader(), { code: 'journal.gap' })
})

test('a branch leaves its parent at or before the end, and the parent keeps what it had', async () => {
  await using fixture = await RepositoryFixture.create()
  const vault = new JournalVault(fixture.repository, startMs)
  const { stream } = vault
  const journal = await vault.begin()
  await vault.seal(journal, stream.write(100))
  await vault.seal(journal, stream.write(50), stream.fork(70), stream.write(30))
  await vault.seal(journal, stream.fork(0), stream.write(10))
  await journal[Symbol.asyncDispose]()
  const again = await vault.open()
  assert.deepEqual([again.durable, again.branches], [at('3', 120), stream.branches])
  await vault.seal(again, stream.fork(5), stream.write(1))
  assert.deepEqual(again.durable, at('4', 116))
  const reader = await vault.reader()
  assert.ok((await logOf(reader.read(at('1', 0), at('1', 150), signal))).equals(stream.log(at('1', 0), at('1', 150))))
  const batches: ChangeBatch[] = []
  for await (const batch of reader.read(at('1', 20), at('4', 116), signal))
    batches.push({ ...batch, bytes: Buffer.from(batch.bytes) })
  assert.ok(Buffer.concat(batches.map(({ bytes }) => bytes)).equals(stream.log(at('1', 20), at('4', 116))))
  assert.deepEqual(
    batches.flatMap(({ fork: branch, after }) => (branch === undefined ? [] : [[branch, after]])),
    stream.branches.slice(1).map((branch) => [branch, { branch: branch.id, offset: branch.parent?.forkOffset }]),
  )
  await assert.rejects(logOf(reader.read(at('1', 100), at('4', 116), signal)), { code: 'journal.gap' })
  assert.ok((await logOf(reader.read(at('2', 10), at('2', 100), signal))).equals(stream.log(at('1', 10), at('2', 100))))
})

test('log of any size and in any batches goes into tails of bounded size', async () => {
  const random = new SeededRandom(testSeed('tail sizes'))
  await using fixture = await RepositoryFixture.create()
  const vault = new JournalVault(fixture.repository, startMs)
  await using journal = await vault.begin({ tailBytes: 1 << 20 })
  for (const size of [1, 9 << 20, 300_000, 5 << 20, 4 << 20, random.integer(1 << 20)]) {
    const written = vault.stream.write(size)
    const given = { ...written, bytes: Uint8Array.from(written.bytes) }
    await journal.append(given)
    given.bytes.fill(0xee)
  }
  const end = await journal.seal(signal)
  const tails = await listTails(fixture.repository, streamName, signal)
  assert.equal(tails.length, 4)
  await vault.assertLog(at('1', 0), end)
  await vault.assertLog(at('1', 5_000_000), at('1', 5_000_001))
})

test('marks alone are sealed, and of those at one position the first and the last', async () => {
  await using fixture = await RepositoryFixture.create()
  const vault = new JournalVault(fixture.repository, startMs)
  const { stream } = vault
  await using journal = await vault.begin()
  await vault.seal(journal, stream.write(10))
  for (let second = 0; second < 5; second++) {
    stream.nowMs += 1000
    await journal.append(stream.write(0))
  }
  assert.deepEqual(await journal.seal(signal), at('1', 10))
  const reader = await vault.reader()
  const marks = await Array.fromAsync(reader.marksBetween(at('1', 0), at('1', 10), signal))
  assert.deepEqual(
    marks.map(({ sourceMs }) => sourceMs - startMs),
    [0, 1000, 5000],
  )
})

test('a failure to store ends the journal, and what was not sealed is captured again', async () => {
  await using fixture = await RepositoryFixture.create()
  const faulty = new FaultyBackend(fixture.backend, fixture.context)
  const vault = new JournalVault(await fixture.open(faulty), startMs)
  const journal = await vault.begin()
  await vault.seal(journal, vault.stream.write(10))
  faulty.queue('save', { kind: 'error', error: new CoffreError('storage.no-space', 'the disk is full') })
  const lost = vault.stream.write(10)
  await assert.rejects(vault.seal(journal, lost), { code: 'storage.no-space' })
  await assert.rejects(vault.seal(journal), { code: 'storage.no-space' })
  assert.deepEqual(journal.durable, at('1', 10))
  const again = await vault.open()
  assert.deepEqual(await vault.seal(again, lost), at('1', 20))
})

test('what comes back from the storage otherwise than it was stored is not durable', async () => {
  await using fixture = await RepositoryFixture.create()
  const faulty = new FaultyBackend(fixture.backend, fixture.context)
  const vault = new JournalVault(await fixture.open(faulty), startMs)
  const journal = await vault.begin()
  faulty.queue('load', { kind: 'bit-flip' })
  await assert.rejects(vault.seal(journal, vault.stream.write(10)), { code: 'journal.damaged' })
  assert.equal(journal.durable, undefined)
})

test('an aborted seal is given up, a closed journal takes no more', async () => {
  await using fixture = await RepositoryFixture.create()
  const vault = new JournalVault(fixture.repository, startMs)
  const journal = await vault.begin()
  await journal.append(vault.stream.write(10))
  await assert.rejects(journal.seal(AbortSignal.abort()), { code: 'interrupted' })
  assert.deepEqual(await journal.seal(signal), at('1', 10))
  await journal[Symbol.asyncDispose]()
  await assert.rejects(journal.append(vault.stream.write(10)), { code: 'interrupted' })
})
