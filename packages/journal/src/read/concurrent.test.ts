import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RepositoryFixture } from '@coffre/testkit'
import { JournalVault } from '../testing/journal-vault.ts'
import { at } from '../testing/segment-format.ts'

const startMs = Date.UTC(2026, 10, 21, 10)

test('whoever opens a journal while it is folded and retired finds all of it', async () => {
  await using fixture = await RepositoryFixture.create()
  const vault = new JournalVault(fixture.repository, startMs)
  const journal = await vault.begin()
  await vault.seal(journal, vault.stream.write(300))
  await vault.retire(await vault.fold())
  await vault.seal(journal, vault.stream.write(300))
  await vault.seal(journal, vault.stream.write(300))
  // Between any two of the reader's requests the whole of a fold takes place.
  for (const method of ['list', 'load'] as const) {
    for (let request = 0; request < 12; request++) {
      let left = request
      const { backend } = fixture
      const watched = new Proxy(backend, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name, target)
          if (typeof value !== 'function') return value
          const call = (...args: unknown[]): unknown => Reflect.apply(value, target, args)
          if (name !== method) return call
          if (method === 'load')
            return async (...args: unknown[]) => (left-- === 0 ? folded().then(() => call(...args)) : call(...args))
          return async function* (...args: unknown[]) {
            if (left-- === 0) await folded()
            yield* call(...args) as AsyncIterable<unknown>
          }
        },
      })
      const folded = async (): Promise<void> => {
        await vault.seal(journal, vault.stream.write(100))
        await vault.retire(await vault.fold())
      }
      const before = vault.stream.end
      const reading = new JournalVault(await fixture.open(watched), startMs)
      left = request
      const opened = await reading.open()
      assert.ok((opened.durable?.offset ?? '') >= before.offset, `${method} ${request}`)
      left = request
      const reader = await reading.reader()
      assert.ok(reader.end.offset >= before.offset, `${method} ${request}`)
    }
  }
  await vault.assertLog(at('1', 0), vault.stream.end)
})
