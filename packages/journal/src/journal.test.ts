import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ChangeBatch } from '@coffre/connector'
import { loadIndex, type Repository } from '@coffre/repository'
import { RepositoryFixture } from '@coffre/testkit'
import { Journal, type JournalOptions } from './journal.ts'
import { JournalReader } from './read/journal-reader.ts'
import { ScriptedStream } from './testing/scripted-stream.ts'
import { at, SegmentFormat } from './testing/segment-format.ts'

const { signal } = new AbortController()
const startMs = Date.UTC(2026, 10, 21, 10, 30)
const format = new SegmentFormat(1000)

async function opened(repository: Repository, options: Partial<JournalOptions> = {}): Promise<Journal> {
  return Journal.open(repository, { stream: 'shop', ...options }, signal)
}

async function begun(repository: Repository, options: Partial<JournalOptions> = {}): Promise<Journal> {
  const journal = await opened(repository, options)
  journal.beginEpoch(at('1', 0), [{ id: '1' }])
  return journal
}

async function reader(repository: Repository, epoch?: number): Promise<JournalReader> {
  const index = await loadIndex(repository, {}, signal)
  return JournalReader.open(repository, index, format, { stream: 'shop', ...(epoch === undefined ? {} : { epoch }) }, signal)
}

async function logOf(batches: AsyncIterable<ChangeBatch>): Promise<Buffer> {
  return Buffer.concat((await Array.fromAsync(batches)).map(({ bytes }) => bytes))
}

test('what was sealed is durable, is found again and read back', async () => {
  await using fixture = await RepositoryFixture.create()
  const stream = new ScriptedStream(startMs)
  const journal = await begun(fixture.repository)
  assert.deepEqual([journal.durable, journal.end, journal.epoch], [undefined, at('1', 0), 1])
  await journal.append(stream.write(10))
  await journal.append(stream.write(20))
  assert.deepEqual([journal.pendingBytes, journal.durable], [30, undefined])
  assert.deepEqual(await journal.seal(signal), at('1', 30))
  await journal.append(stream.write(5))
  assert.deepEqual([await journal.seal(signal), journal.pendingBytes, journal.unfoldedBytes], [at('1', 35), 0, 35])
  assert.deepEqual(await journal.seal(signal), at('1', 35))
  await journal[Symbol.asyncDispose]()

  await using again = await opened(fixture.repository, { anchor: journal.head ?? { number: 0, id: '' } })
  assert.deepEqual(
    [again.durable, again.end, again.epoch, again.head?.number, again.unfoldedBytes],
    [at('1', 35), at('1', 35), 1, 2, 35],
  )
  const found = await reader(fixture.repository)
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
