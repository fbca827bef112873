import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RepositoryFixture } from '@coffre/testkit'
import { JournalVault } from '../testing/journal-vault.ts'
import { at } from '../testing/segment-format.ts'

const { signal } = new AbortController()
const startMs = Date.UTC(2026, 10, 21, 21, 30)
const minuteMs = 60_000

/** Log of 100 bytes each minute, a tail each, the clock an hour back after the fifth; some of it folded, and idle minutes at the end. */
async function withLog(fold: 'none' | 'some' | 'all', work: (vault: JournalVault) => Promise<void>): Promise<void> {
  await using fixture = await RepositoryFixture.create()
  fixture.context.clock.skewMs = startMs - fixture.context.clock.nowMs()
  const vault = new JournalVault(fixture.repository, startMs)
  const { stream } = vault
  const journal = await vault.begin()
  for (let step = 0; step < 12; step++) {
    await vault.seal(journal, stream.write(60), stream.write(40))
    stream.nowMs += step === 4 ? -60 * minuteMs : 20 * minuteMs
    if (fold === 'some' && (step === 3 || step === 7)) await vault.retire(await vault.fold())
  }
  await vault.seal(journal, stream.write(0))
  if (fold === 'all') await vault.retire(await vault.fold())
  await journal[Symbol.asyncDispose]()
  await work(vault)
}

const us = (minutes: number): number => (startMs + minutes * minuteMs) * 1000

/** The minutes at which each 100 bytes were stamped. */
const stampedAt = [0, 20, 40, 60, 80, 20, 40, 60, 80, 100, 120, 140]

for (const fold of ['none', 'some', 'all'] as const) {
  test(`an instant is found in log of which ${fold} is folded, also across a clock that was set back`, async () => {
    await withLog(fold, async (vault) => {
      const reader = await vault.reader()
      for (let minute = 0; minute <= 160; minute++) {
        const expected = stampedAt.findIndex((stamped) => stamped > minute)
        const found = await reader.locate({ atUs: us(minute) }, signal)
        if (expected < 0) {
          assert.deepEqual([found.kind, found.through], ['end', at('1', 1200)], String(minute))
          continue
        }
        assert.ok(found.kind === 'piece', String(minute))
        // A tail that two files share has its stamps in both parts.
        assert.ok(found.after.offset <= at('1', expected * 100).offset && found.through.offset > at('1', expected * 100).offset)
        assert.equal(Number.parseInt(found.after.offset, 16) % 100, 0)
        assert.deepEqual(found.before, expected === 0 ? undefined : at('1', expected * 100 - 100), String(minute))
      }
    })
  })

  test(`instants beyond log of which ${fold} is folded are refused with its bounds`, async () => {
    await withLog(fold, async (vault) => {
      const reader = await vault.reader()
      for (const minutes of [-1, 160.001, 10_000]) {
        await assert.rejects(reader.locate({ atUs: us(minutes) }, signal), {
          code: 'journal.outside-window',
          message: /covers 2026-11-21T21:30:00.000Z to 2026-11-22T00:10:00.000Z/,
        })
      }
      const later = await reader.locate({ atUs: us(30), after: at('1', 550) }, signal)
      assert.deepEqual([later.kind, later.through], ['piece', at('1', 700)])
    })
  })
}

test('the lost tail of a branch can be looked at, and does not count otherwise', async () => {
  await using fixture = await RepositoryFixture.create()
  const vault = new JournalVault(fixture.repository, startMs)
  const { stream } = vault
  const journal = await vault.begin()
  await vault.seal(journal, stream.write(100))
  stream.nowMs += 10 * minuteMs
  await vault.seal(journal, stream.write(100))
  stream.nowMs += 10 * minuteMs
  await vault.seal(journal, stream.fork(100), stream.write(50))
  const reader = await vault.reader()
  const winner = await reader.locate({ atUs: us(15) }, signal)
  assert.deepEqual([winner.kind, winner.through], ['piece', at('2', 150)])
  const loser = await reader.locate({ atUs: us(5), branch: '1' }, signal)
  assert.deepEqual([loser.kind, loser.through], ['piece', at('1', 200)])
  await assert.rejects(reader.locate({ atUs: us(15), branch: '1' }, signal), { code: 'journal.outside-window' })
  await assert.rejects(async () => reader.locate({ atUs: us(5), branch: '7' }, signal), { code: 'journal.gap' })
})

test('marks say when the log came to a position, folded or not', async () => {
  await withLog('some', async (vault) => {
    const reader = await vault.reader()
    const { before, after } = await reader.markAt(at('1', 970), signal)
    assert.deepEqual([before?.position, after?.position], [at('1', 960), at('1', 1000)])
    const exact = await reader.markAt(at('1', 100), signal)
    assert.deepEqual([exact.before?.position, exact.after?.position], [at('1', 100), at('1', 100)])
    assert.equal((await reader.markAt(at('1', 1200), signal)).after?.sourceMs, startMs + 140 * minuteMs)
    const marks = await Array.fromAsync(reader.marksBetween(at('1', 100), at('1', 300), signal))
    assert.deepEqual(
      marks.map(({ position }) => position),
      [100, 160, 200, 260, 300].map((byte) => at('1', byte)),
    )
  })
})
