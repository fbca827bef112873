import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isCoffreError } from '@coffre/foundation'
import { RepositoryFixture } from '@coffre/testkit'
import { JournalVault, logOf, streamName } from '../testing/journal-vault.ts'
import { at } from '../testing/segment-format.ts'
import { listTails } from './list-tails.ts'

const { signal } = new AbortController()
const startMs = Date.UTC(2026, 10, 21, 10)
const folder = `coffre/journal/${streamName}/`

interface Spoilable {
  readonly fixture: RepositoryFixture
  readonly vault: JournalVault
  /** The files of tails 1 to 5, by number. */
  readonly paths: readonly string[]
  file(number: number): Uint8Array
  put(number: number, bytes: Uint8Array | undefined, path?: string): Promise<void>
}

async function withTails(work: (given: Spoilable) => Promise<void>): Promise<void> {
  await using fixture = await RepositoryFixture.create()
  const vault = new JournalVault(fixture.repository, startMs)
  const journal = await vault.begin()
  for (let count = 0; count < 5; count++) await vault.seal(journal, vault.stream.write(100))
  await journal[Symbol.asyncDispose]()
  const paths = ['', ...(await listTails(fixture.repository, streamName, signal)).map(({ file }) => `coffre/journal/${file.name}`)]
  const { backend } = fixture
  await work({
    fixture,
    vault,
    paths,
    file: (number) => backend.files().get(paths[number] ?? '') ?? new Uint8Array(0),
    put: async (number, bytes, path = paths[number] ?? '') => {
      if (bytes !== undefined) backend.plant(path, bytes)
      else await backend.remove({ type: 'journal', name: path.slice('coffre/journal/'.length) }, signal)
    },
  })
}

const damage: Record<string, (given: Spoilable) => Promise<void>> = {
  'deleted': async ({ put }) => put(3, undefined),
  'empty': async ({ put }) => put(3, new Uint8Array(0)),
  'cut short': async ({ put, file }) => put(3, file(3).subarray(0, file(3).length - 1)),
  'cut in its header': async ({ put, file }) => put(3, file(3).subarray(0, 40)),
  'longer': async ({ put, file }) => put(3, Buffer.concat([file(3), Buffer.of(0)])),
  'changed in its header': async ({ put, file }) => put(3, flipped(file(3), 60)),
  'of another length of header': async ({ put, file }) => put(3, flipped(file(3), 7)),
  'not a tail': async ({ put, file }) => put(3, flipped(file(3), 0)),
  'replaced by another': async ({ put, file }) => put(3, file(2)),
  'swapped with another': async ({ put, file }) => {
    const [second, third] = [file(2), file(3)]
    await put(2, third)
    await put(3, second)
  },
  'renamed': async ({ put, file, paths }) => {
    const bytes = file(3)
    await put(3, undefined)
    await put(3, bytes, paths[3]?.replace(/_[0-9a-f]{12}_/, '_000000000999_'))
  },
  'of another stream': async ({ vault, put, paths, fixture }) => {
    const other = new JournalVault(vault.repository, startMs)
    const journal = await other.open({ stream: 'other' })
    journal.beginEpoch(at('1', 0), [])
    for (let count = 0; count < 3; count++) await other.seal(journal, other.stream.write(100))
    const [third] = (await listTails(fixture.repository, 'other', signal)).slice(2)
    assert.ok(third)
    await put(3, undefined)
    await put(3, fixture.backend.files().get(`coffre/journal/${third.file.name}`), paths[3]?.replace(/[0-9a-f]{16}$/, third.tag))
  },
  'of another vault': async ({ put }) => {
    await using fixture = await RepositoryFixture.create({ seed: 2 })
    const other = new JournalVault(fixture.repository, startMs)
    const journal = await other.begin()
    for (let count = 0; count < 3; count++) await other.seal(journal, other.stream.write(100))
    const third = (await listTails(fixture.repository, streamName, signal)).at(2)
    assert.ok(third)
    await put(3, undefined)
    await put(3, fixture.backend.files().get(`coffre/journal/${third.file.name}`), `${folder}${third.file.name.split('/')[1]}`)
  },
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  return Uint8Array.from(bytes, (byte, place) => (place === at ? byte ^ 1 : byte))
}

for (const [what, spoil] of Object.entries(damage)) {
  test(`a tail that is ${what} is an error, and what was before it stays readable`, async () => {
    await withTails(async (given) => {
      const { vault } = given
      await spoil(given)
      const first = what === 'swapped with another' ? 2 : 3
      await assert.rejects(vault.open(), { code: 'journal.damaged', message: new RegExp(`tail ${first} of the journal shop`) })
      const reader = await vault.reader()
      const through = at('1', (first - 1) * 100)
      assert.deepEqual(reader.end, through)
      assert.ok((await logOf(reader.read(at('1', 0), through, signal))).equals(vault.stream.log(at('1', 0), through)))
      await assert.rejects(logOf(reader.read(at('1', 0), at('1', 300), signal)), { code: 'journal.damaged' })
    })
  })
}

test('log that is damaged is an error when it is read, and is not folded', async () => {
  await withTails(async ({ vault, put, file }) => {
    await put(3, flipped(file(3), file(3).length - 20))
    const journal = await vault.open()
    assert.deepEqual(journal.durable, at('1', 500))
    await assert.rejects(logOf((await vault.reader()).read(at('1', 0), at('1', 500), signal)), {
      code: 'journal.damaged',
      message: /tail 3/,
    })
    await assert.rejects(vault.fold(), { code: 'journal.damaged' })
  })
})

for (const cut of [0, 5, 100]) {
  test(`a last tail that was cut short after ${cut} bytes never counted, and its number is given again`, async () => {
    await withTails(async ({ vault, put, file, paths }) => {
      await put(5, file(5).subarray(0, cut))
      const journal = await vault.open()
      assert.deepEqual([journal.durable, journal.head?.number], [at('1', 400), 4])
      const again = {
        ...vault.stream.write(0),
        after: at('1', 400),
        through: at('1', 500),
        bytes: vault.stream.log(at('1', 400), at('1', 500)),
      }
      await vault.seal(journal, again)
      await vault.seal(journal, vault.stream.write(100))
      await journal[Symbol.asyncDispose]()
      const reopened = await vault.open()
      assert.deepEqual([reopened.durable, reopened.head?.number], [at('1', 600), 6])
      await vault.assertLog(at('1', 0), at('1', 600))
      await vault.retire(await vault.fold())
      assert.ok(!(await listTails(vault.repository, streamName, signal)).some(({ file: { name } }) => paths[5]?.endsWith(name)))
    })
  })
}

test('an end that was cut off is missed by whoever saw it', async () => {
  await withTails(async ({ vault, put }) => {
    const { head } = await vault.open()
    assert.ok(head)
    await put(5, undefined)
    await assert.rejects(vault.open({ anchor: head }), { code: 'journal.damaged', message: /tail 5 .* is gone/ })
    await assert.rejects(vault.open({ anchor: { number: 4, id: 'ab'.repeat(32) } }), {
      code: 'journal.damaged',
      message: /seen earlier/,
    })
    assert.deepEqual((await vault.open()).durable, at('1', 400))
  })
})

test('what cannot be mended is begun afresh, and both epochs are readable', async () => {
  await withTails(async ({ vault, put }) => {
    await put(4, undefined)
    const journal = await vault.open({ afresh: true })
    await assert.rejects(journal.append(vault.stream.write(1)), { code: 'journal.gap' })
    journal.beginEpoch(vault.stream.end, vault.stream.branches)
    await vault.seal(journal, vault.stream.write(50))
    await journal[Symbol.asyncDispose]()
    const again = await vault.open()
    assert.deepEqual([again.epoch, again.durable, again.head?.number], [2, at('1', 551), 6])
    await vault.assertLog(at('1', 501), at('1', 551))
    assert.deepEqual((await vault.reader(1)).end, at('1', 300))
    await vault.retire(await vault.fold())
    await vault.assertLog(at('1', 501), at('1', 551))
    const old = await vault.reader(1)
    assert.ok((await logOf(old.read(at('1', 0), at('1', 300), signal))).equals(vault.stream.log(at('1', 0), at('1', 300))))
    assert.deepEqual((await vault.open()).durable, at('1', 551))
  })
})

test('two writers are found, and go on with the longer of what both say', async () => {
  await withTails(async ({ vault }) => {
    const [one, two] = [await vault.open(), await vault.open()]
    const [short, long] = [vault.stream.write(10), vault.stream.write(30)]
    await vault.seal(one, short)
    const both = { ...long, after: short.after, bytes: Buffer.concat([short.bytes, long.bytes]) }
    await assert.rejects(vault.seal(two, both), { code: 'journal.fork', message: /another writer/ })
    await assert.rejects(two.append(vault.stream.write(1)), { code: 'journal.fork' })
    const journal = await vault.open()
    assert.deepEqual(journal.durable, at('1', 540))
    await vault.assertLog(at('1', 0), at('1', 540))
  })
})

test('two tails of one number that disagree are a fork', async () => {
  await withTails(async ({ vault }) => {
    const [one, two] = [await vault.open(), await vault.open()]
    const batch = vault.stream.write(10)
    await vault.seal(one, batch)
    await vault
      .seal(two, { ...batch, bytes: new Uint8Array(10) })
      .catch((error: unknown) => assert.ok(isCoffreError(error, 'journal.fork')))
    await assert.rejects(vault.open(), { code: 'journal.fork', message: /two tails 6/ })
  })
})
