import assert from 'node:assert/strict'
import { chmod, link, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { RepositoryFixture, type TemporaryFolder, temporaryFolder } from '@coffre/testkit'
import type { StoredSnapshot } from '../format/snapshot.ts'
import { loadIndex } from '../repository/load-index.ts'
import { type RestoreCounts, type RestoreOptions, Restorer } from './restorer.ts'

const options: RestoreOptions = {
  select: () => ({ selected: true, childMayBeSelected: true }),
  selectAttribute: () => true,
  overwrite: 'always',
  removeOthers: false,
  sparse: false,
  dryRun: false,
  verify: false,
  onError(location, error) {
    throw new Error(`${location} could not be restored`, { cause: error })
  },
}

/** A snapshot and a place where its files lie, to be changed and restored over. */
class Restored implements AsyncDisposable {
  readonly snapshot: StoredSnapshot
  readonly #fixture: RepositoryFixture
  readonly #folder: TemporaryFolder

  private constructor(fixture: RepositoryFixture, snapshot: StoredSnapshot, folder: TemporaryFolder) {
    this.snapshot = snapshot
    this.#fixture = fixture
    this.#folder = folder
  }

  static async create(fixture: RepositoryFixture, snapshot: StoredSnapshot): Promise<Restored> {
    const restored = new Restored(fixture, snapshot, await temporaryFolder())
    await restored.again()
    return restored
  }

  at(name: string): string {
    return join(this.#folder.path, this.#fixture.source, name)
  }

  async again(changed: Partial<RestoreOptions> = {}): Promise<RestoreCounts> {
    const { repository, signal } = this.#fixture
    const index = await loadIndex(repository, {}, signal)
    return Restorer.restore(repository, index, this.snapshot.tree, this.#folder.path, { ...options, ...changed }, signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#folder[Symbol.asyncDispose]()
  }
}

test('a file that has another name gets all its content, and the other name keeps its own', async () => {
  await using fixture = await RepositoryFixture.create()
  const original = fixture.noise(3_000_000, 1)
  await using restored = await Restored.create(fixture, await fixture.snapshot({ a: original }))
  const edited = original.with(2_999_999, (original.at(-1) ?? 0) ^ 1)
  await writeFile(restored.at('a'), edited)
  await link(restored.at('a'), restored.at('b'))
  await restored.again()
  assert.ok(Buffer.from(original).equals(await readFile(restored.at('a'))))
  assert.ok(Buffer.from(edited).equals(await readFile(restored.at('b'))))
})

test('two files that the snapshot holds apart are apart afterwards, also when they have the same content', async () => {
  await using fixture = await RepositoryFixture.create()
  await fixture.write({ a: 'the same', b: 'the same' })
  await chmod(join(fixture.source, 'a'), 0o600)
  await chmod(join(fixture.source, 'b'), 0o644)
  await using restored = await Restored.create(fixture, await fixture.snapshot())
  await rm(restored.at('b'))
  await link(restored.at('a'), restored.at('b'))
  await restored.again()
  const [a, b] = [await stat(restored.at('a')), await stat(restored.at('b'))]
  assert.notEqual(a.ino, b.ino)
  assert.deepEqual([a.mode & 0o777, b.mode & 0o777], [0o600, 0o644])
  assert.equal(await readFile(restored.at('b'), 'utf8'), 'the same')
})

test('names of one file that are right stay as they are', async () => {
  await using fixture = await RepositoryFixture.create()
  await fixture.write({ a: fixture.noise(3_000_000, 1) })
  await link(join(fixture.source, 'a'), join(fixture.source, 'b'))
  await using restored = await Restored.create(fixture, await fixture.snapshot())
  const { ino } = await stat(restored.at('a'))
  const counts = await restored.again()
  assert.equal(counts.bytesRestored, 0)
  assert.deepEqual([(await stat(restored.at('a'))).ino, (await stat(restored.at('b'))).ino], [ino, ino])
})

test('a folder that is in the way goes with its content only when others are removed', async () => {
  await using fixture = await RepositoryFixture.create()
  await using restored = await Restored.create(fixture, await fixture.snapshot({ 'kept/file': 'a file' }))
  const inTheWay = restored.at('kept/file')
  await rm(inTheWay)
  await mkdir(join(inTheWay, 'inner'), { recursive: true })
  await writeFile(join(inTheWay, 'inner/precious'), 'precious')
  const failed: string[] = []
  await restored.again({ onError: (location) => failed.push(location) })
  assert.deepEqual(failed, [join(fixture.source, 'kept/file')])
  assert.deepEqual(await readdir(join(inTheWay, 'inner')), ['precious'])
  const counts = await restored.again({ removeOthers: true })
  assert.equal(counts.filesDeleted, 2)
  assert.equal(await readFile(inTheWay, 'utf8'), 'a file')
})
