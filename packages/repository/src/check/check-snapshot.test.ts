import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryBackend } from '@coffre/storage'
import { RepositoryFixture } from '@coffre/testkit'
import type { StoredSnapshot } from '../format/snapshot.ts'
import { packsOf } from '../lock-down/refer-trees.ts'
import { loadIndex } from '../repository/load-index.ts'
import { checkSnapshot, type SnapshotCheckResult, type SnapshotReading } from './check-snapshot.ts'
import type { Finding } from './finding.ts'

interface Checked extends SnapshotCheckResult {
  readonly findings: readonly Finding[]
  readonly phases: readonly string[]
}

/** Two snapshots that share nothing; the first one is `wanted`. */
async function example() {
  const fixture = await RepositoryFixture.create()
  const wanted = await fixture.snapshot({ 'a/one': fixture.noise(400_000, 1), 'a/two': 'two' })
  const other = await fixture.snapshot({ 'a/one': undefined, 'a/two': undefined, 'b/three': fixture.noise(300_000, 3) })
  const index = await loadIndex(fixture.repository, {}, fixture.signal)
  const packs = async ({ tree }: StoredSnapshot): Promise<string[]> =>
    [...(await packsOf(fixture.repository, index, [tree], fixture.signal))].map((id) => `data/${id.slice(0, 2)}/${id}`)
  return { fixture, wanted, packs: await packs(wanted), otherPacks: await packs(other) }
}

async function check(
  { fixture, wanted }: { readonly fixture: RepositoryFixture; readonly wanted: StoredSnapshot },
  read: SnapshotReading,
  backend = fixture.backend,
): Promise<Checked> {
  const repository = await fixture.open(backend)
  const index = await loadIndex(repository, {}, fixture.signal)
  const findings: Finding[] = []
  const phases: string[] = []
  const onProgress = (phase: string, done: number, total: number): void => void phases.push(`${phase} ${done}/${total}`)
  const options = { read, onFinding: (finding: Finding) => findings.push(finding), onProgress }
  const result = await checkSnapshot(repository, index, wanted, options, fixture.signal)
  return { ...result, findings, phases }
}

test('a sound snapshot has no finding, and is read as far as was asked', async () => {
  const made = await example()
  await using _fixture = made.fixture
  const none = await check(made, 'none')
  assert.deepEqual([none.errors, none.findings, none.packsRead, none.bytesRead], [0, [], 0, 0])
  assert.equal(none.packs, made.packs.length)
  const all = await check(made, 'all')
  assert.deepEqual([all.errors, all.packsRead, all.bytesRead], [0, made.packs.length, all.packBytes])
  assert.equal(all.phases.at(-1), `packs ${all.packBytes}/${all.packBytes}`)
  const some = await check(made, { seed: 'x', bytes: 1 })
  assert.deepEqual([some.errors, some.packsRead], [0, 1])
})

test('damage of another snapshot is none of this one', async () => {
  const made = await example()
  await using _fixture = made.fixture
  const files = new Map(made.fixture.backend.files())
  const others = made.otherPacks.filter((path) => !made.packs.includes(path))
  assert.ok(others.length > 0)
  for (const path of others) files.delete(path)
  assert.equal((await check(made, 'all', new MemoryBackend({ files }))).errors, 0)
})

for (const [what, change, kind] of [
  ['is gone', () => undefined, 'missing-pack'],
  ['ends too early', (bytes: Uint8Array) => bytes.slice(0, 10), 'wrong-size'],
] as const) {
  test(`a pack that ${what} is found without reading it`, async () => {
    const made = await example()
    await using _fixture = made.fixture
    let found = 0
    for (const path of made.packs) {
      const files = new Map(made.fixture.backend.files())
      const changed = change(files.get(path) ?? new Uint8Array(0))
      if (changed === undefined) files.delete(path)
      else files.set(path, changed)
      const { errors, findings } = await check(made, 'none', new MemoryBackend({ files }))
      assert.ok(errors > 0, path)
      if (findings.some((finding) => finding.kind === kind && path.endsWith(finding.file?.name ?? '?'))) found++
    }
    assert.ok(found > 0)
  })
}

test('a flipped bit in any of its packs is found by reading all, and by a sample that happens to be that pack', async () => {
  const made = await example()
  await using _fixture = made.fixture
  const seeds = Array.from({ length: 40 }, (_, number) => `seed ${number}`)
  for (const path of made.packs) {
    const files = new Map(made.fixture.backend.files())
    const bytes = files.get(path)?.slice() ?? new Uint8Array(0)
    bytes[20] = (bytes[20] ?? 0) ^ 4
    files.set(path, bytes)
    const backend = new MemoryBackend({ files })
    assert.ok((await check(made, 'all', backend)).errors > 0, path)
    const outcomes: number[] = []
    for (const seed of seeds) outcomes.push((await check(made, { seed, bytes: 1 }, backend)).errors)
    assert.ok(outcomes.some((errors) => errors > 0))
    const again: number[] = []
    for (const seed of seeds) again.push((await check(made, { seed, bytes: 1 }, backend)).errors)
    assert.deepEqual(again, outcomes, 'a seed draws the same packs')
  }
})

test('of several copies of a blob one suffices', async () => {
  const made = await example()
  await using fixture = made.fixture
  const files = new Map(fixture.backend.files())
  // The same blobs once more, by a writer that knew of no index.
  const copy = new MemoryBackend({ files })
  for (const path of [...files.keys()])
    if (path.startsWith('index/')) await copy.remove({ type: 'index', name: path.slice(6) }, fixture.signal)
  const repository = await fixture.open(copy)
  await fixture.write({ 'a/one': fixture.noise(400_000, 1), 'a/two': 'two', 'b/three': undefined })
  await fixture.backup({}, repository)
  const errorsWithout = async (path: string, all: ReadonlyMap<string, Uint8Array>): Promise<number> => {
    const lacking = new Map(all)
    lacking.delete(path)
    return (await check(made, 'all', new MemoryBackend({ files: lacking }))).errors
  }
  let doubled = 0
  for (const path of made.packs) {
    assert.ok((await errorsWithout(path, files)) > 0, path)
    // Trees have no copy: the times of the files are others.
    if ((await errorsWithout(path, new Map([...files, ...copy.files()]))) === 0) doubled++
  }
  assert.ok(doubled > 0)
})

test('an abort ends the check', async () => {
  const made = await example()
  await using fixture = made.fixture
  const index = await loadIndex(fixture.repository, {}, fixture.signal)
  const checking = checkSnapshot(fixture.repository, index, made.wanted, { read: 'all' }, AbortSignal.abort())
  await assert.rejects(checking, { code: 'interrupted' })
})

/** Counts the listings of packs. */
class ListingBackend extends MemoryBackend {
  listings = 0

  override list(...args: Parameters<MemoryBackend['list']>): ReturnType<MemoryBackend['list']> {
    if (args[0] === 'pack') this.listings++
    return super.list(...args)
  }
}

test('few packs are asked for one by one, many by a listing; what is missing is told either way', async () => {
  for (const [files, listings] of [
    [3, 0],
    [60, 1],
  ] as const) {
    const backend = new ListingBackend()
    await using fixture = await RepositoryFixture.create({ backend })
    const names = Array.from({ length: files }, (_, n) => [`f${n}`, fixture.noise(4000, n)])
    const wanted = await fixture.snapshot(Object.fromEntries(names), { packBytes: 4096 })
    const index = await loadIndex(fixture.repository, {}, fixture.signal)
    const [lost = ''] = await fixture.repository.names('pack', fixture.signal)
    await backend.remove({ type: 'pack', name: lost }, fixture.signal)
    backend.listings = 0
    const findings: Finding[] = []
    const onFinding = (finding: Finding): void => void findings.push(finding)
    await checkSnapshot(fixture.repository, index, wanted, { read: 'none', onFinding }, fixture.signal)
    assert.equal(backend.listings, listings)
    assert.ok(findings.length > 0)
  }
})
