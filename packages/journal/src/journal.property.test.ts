import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Position } from '@coffre/connector'
import { RepositoryFixture, SeededRandom, testSeed } from '@coffre/testkit'
import type { Journal } from './journal.ts'
import { JournalVault, logOf } from './testing/journal-vault.ts'
import { byteOf } from './testing/segment-format.ts'

const { signal } = new AbortController()
const startMs = Date.UTC(2026, 10, 21, 22)
const rounds = 6
const stepsPerRound = 40

/** One step of a life: log, a failover, a fold, a retirement, a restart, a clock that is set back, a day that ends. */
async function step(vault: JournalVault, journal: Journal, random: SeededRandom): Promise<Journal> {
  const { stream } = vault
  stream.nowMs += random.integer(10) === 0 ? 7 * 3_600_000 : random.integer(900_000)
  if (random.integer(12) === 0) stream.nowMs -= random.integer(5_000_000)
  const kind = random.integer(10)
  if (kind < 5) {
    for (let batch = random.integer(4); batch >= 0; batch--) {
      await journal.append(stream.write(random.integer(3) === 0 ? 0 : random.integer(1500), { isMarked: random.integer(3) > 0 }))
    }
    if (random.integer(3) > 0) await journal.seal(signal)
    return journal
  }
  if (kind === 5) {
    await journal.append(stream.fork(random.integer(2500)))
    return journal
  }
  await journal.seal(signal)
  if (kind === 6) {
    await journal[Symbol.asyncDispose]()
    const again = await vault.open(journal.head === undefined ? {} : { anchor: journal.head })
    assert.deepEqual([again.durable, again.epoch, again.branches], [journal.durable, journal.epoch, journal.branches])
    return again
  }
  const outcome = await vault.fold()
  if (outcome.tail !== undefined) journal.folded(outcome.tail)
  if (kind > 7 && outcome.tail !== undefined) await vault.retire(outcome)
  return journal
}

async function assertAllReadable(vault: JournalVault, random: SeededRandom): Promise<void> {
  const { stream } = vault
  const reader = await vault.reader()
  assert.deepEqual(reader.end, stream.end)
  const positions: Position[] = []
  for (const { id, parent } of stream.branches) {
    const end = id === stream.end.branch ? byteOf(stream.end) : undefined
    const begin = parent === undefined ? 0 : Number.parseInt(parent.forkOffset, 16)
    for (let count = 0; count < 3; count++) {
      const byte = begin + random.integer((end ?? begin) - begin + 1)
      positions.push({ branch: id, offset: byte.toString(16).padStart(12, '0') })
    }
  }
  for (const after of positions) {
    const ways = [stream.end, ...positions.filter(({ branch, offset }) => branch === after.branch && offset >= after.offset)]
    for (const through of ways) {
      if (byteOf(through) < byteOf(after)) continue
      const isOnWay = reader.read(after, through, signal)
      const found = await logOf(isOnWay).catch((error: Error) => error)
      // A position on a branch that was left may lie beyond the fork: then there is no way from it.
      if (found instanceof Error) assert.match(found.message, /no unbroken log/)
      else
        assert.ok(
          found.equals(stream.log(after, through)),
          `${after.branch}@${after.offset} to ${through.branch}@${through.offset}`,
        )
    }
  }
}

test('whatever a log goes through, it is read back as the engine wrote it', async () => {
  const seed = testSeed('journal property')
  for (let round = 0; round < rounds; round++) {
    const random = new SeededRandom(seed + round)
    await using fixture = await RepositoryFixture.create({ seed: seed + round })
    const vault = new JournalVault(fixture.repository, startMs)
    let journal = await vault.begin({ tailBytes: 2000 })
    for (let count = 0; count < stepsPerRound; count++) journal = await step(vault, journal, random)
    await journal.seal(signal)
    await assertAllReadable(vault, random)
    await vault.retire(await vault.fold())
    await assertAllReadable(vault, random)
    await journal[Symbol.asyncDispose]()
  }
})
