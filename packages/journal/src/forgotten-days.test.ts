import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dayMs, isCoffreError } from '@coffre/foundation'
import { forgetSnapshots, heldAt, loadIndex, loadVaultState } from '@coffre/repository'
import { RepositoryFixture } from '@coffre/testkit'
import { describeLog } from './describe-log.ts'
import { listLogPoints } from './fold/log-point.ts'
import { JournalVault, streamName } from './testing/journal-vault.ts'
import { at } from './testing/segment-format.ts'

const { signal } = new AbortController()
const noonMs = Date.UTC(2026, 10, 20, 12)

test('days that were forgotten in the middle are a gap, and what lies before and behind it is whole', async () => {
  await using fixture = await RepositoryFixture.create()
  const { clock } = fixture.context
  clock.skewMs = noonMs - clock.nowMs()
  const vault = new JournalVault(fixture.repository, noonMs)
  const { stream, repository } = vault
  const journal = await vault.begin()
  for (let day = 0; day < 6; day++) {
    await vault.seal(journal, stream.write(1000))
    await vault.retire(await vault.fold())
    stream.nowMs += dayMs
    clock.advance(dayMs)
  }
  const middle = (await listLogPoints(repository, streamName, signal)).slice(2, 4).map(({ id }) => id)
  const held = heldAt(await loadVaultState(repository, signal), clock.nowMs())
  await forgetSnapshots(repository, middle, { held }, signal)

  await vault.assertLog(at('1', 0), at('1', 2000))
  await vault.assertLog(at('1', 4000), at('1', 6000))
  const reader = await vault.reader()
  const isGap = (error: unknown) => isCoffreError(error, 'journal.gap')
  await assert.rejects(async () => {
    for await (const _ of reader.read(at('1', 1000), at('1', 5000), signal));
  }, isGap)
  const [epoch] = await describeLog(repository, await loadIndex(repository, {}, signal), streamName, signal)
  assert.deepEqual(
    epoch?.gaps.map(({ after, through }) => [after, through]),
    [[at('1', 2000).offset, at('1', 4000).offset]],
  )
  // Of the second day: the record after it is found before the gap.
  const early = await reader.locate({ atUs: (noonMs + dayMs) * 1000 - 1, after: at('1', 0) }, signal)
  assert.deepEqual(early.through, at('1', 2000))
})
