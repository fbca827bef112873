import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { dayMs } from '@coffre/foundation'
import { type FileHandle, fileTypes, type LockingMemoryBackend, pathOf } from '@coffre/storage'
import { lockedBackup, lockedFixture, type RepositoryFixture, SeededRandom, testSeed } from '@coffre/testkit'
import { checkRepository } from '../check/check-repository.ts'
import type { Repository } from '../repository/repository.ts'
import { listSnapshots } from '../snapshots/snapshots.ts'
import { contentCutOf } from '../state/format-marker.ts'
import { recordKnown } from '../state/known-files.ts'
import { loadVaultState } from '../state/load-vault-state.ts'
import { type HealAction, heal } from './heal.ts'
import { VersionFallbackBackend } from './version-fallback-backend.ts'

const signal = new AbortController().signal

type Fixture = RepositoryFixture<LockingMemoryBackend>

async function attackedFixture(): Promise<{ readonly fixture: Fixture; readonly files: FileHandle[] }> {
  const fixture = await lockedFixture()
  for (let number = 0; number < 3; number++) {
    await lockedBackup(fixture, {
      [`${number}.bin`]: fixture.noise(60_000, number),
      [`${number}.txt`]: `text ${number}`,
      'same.bin': fixture.noise(70_000, 99),
    })
    fixture.context.clock.advance(dayMs)
  }
  const files: FileHandle[] = []
  for (const type of fileTypes) for await (const { name } of fixture.backend.list(type, signal)) files.push({ type, name })
  return { fixture, files }
}

/** Opens the vault as Coffre does, around what hides files, and wants every byte of it. */
async function assertWhole(fixture: Fixture, what: string): Promise<Repository> {
  const repository = await fixture.open(new VersionFallbackBackend(fixture.backend, fixture.backend.objectLock))
  const findings: string[] = []
  const options = {
    readData: 'all',
    onFinding: ({ severity, message }: { severity: string; message: string }) => findings.push(`${severity}: ${message}`),
  } as const
  const result = await checkRepository(repository, options, signal)
  assert.deepEqual([result.errors, result.snapshots], [0, 3], `${what}: ${findings.join('; ')}`)
  assert.equal((await loadVaultState(repository, signal)).points.size, 3, what)
  assert.equal((await contentCutOf(repository, signal)).kind, 'gear', what)
  return repository
}

/** Looks at the vault as a program does that knows no versions. */
async function assertHealed(
  fixture: Fixture,
  files: readonly FileHandle[],
  originals: ReadonlyMap<string, Uint8Array>,
  what: string,
): Promise<void> {
  for (const file of files) {
    const bytes = await fixture.backend.load(file, undefined, signal)
    assert.equal(Buffer.compare(bytes, originals.get(pathOf(file)) ?? new Uint8Array()), 0, `${what}: ${pathOf(file)}`)
  }
  for (const type of fileTypes) {
    const names: string[] = []
    for await (const { name } of fixture.backend.list(type, signal)) names.push(name)
    assert.deepEqual(
      names.sort(),
      files
        .filter((file) => file.type === type)
        .map(({ name }) => name)
        .sort(),
      `${what}: ${type}`,
    )
  }
}

async function contentsOf(fixture: Fixture, files: readonly FileHandle[]): Promise<Map<string, Uint8Array>> {
  const contents = new Map<string, Uint8Array>()
  for (const file of files) contents.set(pathOf(file), await fixture.backend.load(file, undefined, signal))
  return contents
}

test('where nothing is wrong, nothing is done', async () => {
  const { fixture, files } = await attackedFixture()
  await using _fixture = fixture
  assert.deepEqual(await heal(await assertWhole(fixture, 'untouched'), { dryRun: false }, signal), [])
  await assertHealed(fixture, files, await contentsOf(fixture, files), 'untouched')
})

for (const [what, attack] of Object.entries({
  hidden: (fixture: Fixture, file: FileHandle) => fixture.backend.remove(file, signal),
  'shadowed by junk': async (fixture: Fixture, file: FileHandle) => fixture.backend.plant(pathOf(file), Buffer.from('junk')),
  'shadowed by as many zeros': async (fixture: Fixture, file: FileHandle) => {
    fixture.backend.plant(pathOf(file), new Uint8Array((await fixture.backend.stat(file, signal))?.sizeBytes ?? 0))
  },
  'hidden, shadowed and hidden again': async (fixture: Fixture, file: FileHandle) => {
    await fixture.backend.remove(file, signal)
    fixture.backend.plant(pathOf(file), Buffer.from('junk'))
    await fixture.backend.remove(file, signal)
  },
})) {
  test(`a vault whose files are all ${what} is read as before, and healed`, async () => {
    const { fixture, files } = await attackedFixture()
    await using _fixture = fixture
    const originals = await contentsOf(fixture, files)
    for (const file of files) await attack(fixture, file)
    const repository = await assertWhole(fixture, what)
    const planned = await heal(repository, { dryRun: true }, signal)
    assert.equal(planned.length, files.length)
    assert.ok(planned.every(({ cure }) => cure === 'none'))
    const told: HealAction[] = []
    const actions = await heal(repository, { dryRun: false, onAction: (action) => told.push(action) }, signal)
    assert.deepEqual(
      actions.map(({ file, kind }) => ({ file, kind })),
      planned.map(({ file, kind }) => ({ file, kind })),
    )
    assert.deepEqual(told, actions)
    assert.ok(actions.every(({ kind, cure }) => cure === 'removed' && kind === (what.startsWith('hidden') ? 'hidden' : 'shadowed')))
    await assertHealed(fixture, files, originals, what)
    assert.deepEqual(await heal(repository, { dryRun: false }, signal), [])
  })
}

test('files that were swapped, config and records included, are told apart', async () => {
  const { fixture, files } = await attackedFixture()
  await using _fixture = fixture
  const originals = await contentsOf(fixture, files)
  for (const type of ['snapshot', 'index', 'pack', 'state', 'key', 'config'] as const) {
    const ofType = files.filter((file) => file.type === type)
    ofType.forEach((file, at) => {
      const other =
        type === 'key' || type === 'config'
          ? files.find((candidate) => candidate.type === 'snapshot')
          : ofType[(at + 1) % ofType.length]
      fixture.backend.plant(pathOf(file), originals.get(pathOf(other ?? file)) ?? new Uint8Array())
    })
  }
  const repository = await assertWhole(fixture, 'swapped')
  await heal(repository, { dryRun: false }, signal)
  await assertHealed(fixture, files, originals, 'swapped')
})

test('what lies over a file under a lock of its own cannot be removed, so the file is put over it', async () => {
  const { fixture, files } = await attackedFixture()
  await using _fixture = fixture
  const originals = await contentsOf(fixture, files)
  const until = new Date(fixture.context.clock.nowMs() + 90 * dayMs)
  for (const file of files) {
    await fixture.backend.save(file, [Buffer.from('junk')], { retention: { mode: 'compliance', until } }, signal)
  }
  const actions = await heal(await assertWhole(fixture, 'locked junk'), { dryRun: false }, signal)
  assert.ok(actions.length === files.length && actions.every(({ cure }) => cure === 'rewritten'))
  await assertHealed(fixture, files, originals, 'locked junk')
  for (const { type, name } of files) {
    const [latest] = await fixture.backend.objectLock.versionsOf({ type, name }, signal)
    const retention = await fixture.backend.objectLock.retention({ type, name }, latest?.versionId ?? '', signal)
    assert.ok(retention && retention.until.getTime() > fixture.context.clock.nowMs(), `${type} ${name} is locked again`)
  }
})

test('what no key of the vault made is removed; a planted pack is left for prune', async () => {
  const { fixture, files } = await attackedFixture()
  await using _fixture = fixture
  const originals = await contentsOf(fixture, files)
  const junk = Buffer.from('planted')
  const name = createHash('sha256').update(junk).digest('hex')
  for (const folder of ['snapshots', 'index', 'keys']) fixture.backend.plant(`${folder}/${name}`, junk)
  fixture.backend.plant('coffre/state/00000099', junk)
  fixture.backend.plant(`data/${name.slice(0, 2)}/${name}`, junk)
  const repository = await fixture.open(new VersionFallbackBackend(fixture.backend, fixture.backend.objectLock))
  await assert.rejects(loadVaultState(repository, signal), { code: 'repository.state-broken' })
  const actions = await heal(repository, { dryRun: false }, signal)
  assert.deepEqual(
    actions.map(({ file, kind, cure }) => `${file.type} ${kind} ${cure}`).sort(),
    ['index', 'key', 'snapshot', 'state'].map((type) => `${type} planted removed`),
  )
  await assertHealed(
    fixture,
    [...files, { type: 'pack', name }],
    originals.set(`data/${name.slice(0, 2)}/${name}`, junk),
    'planted',
  )
})

test('a snapshot or index that was removed for good and is put back is known as a replay', async () => {
  const { fixture, files } = await attackedFixture()
  await using _fixture = fixture
  const originals = await contentsOf(fixture, files)
  const [first] = await listSnapshots(fixture.repository, signal)
  assert.ok(first)
  fixture.context.clock.advance(90 * dayMs)
  const keeper = await fixture.open(new VersionFallbackBackend(fixture.backend, fixture.backend.objectLock))
  const gone: FileHandle[] = [{ type: 'snapshot', name: first.id }]
  for (const file of gone) await keeper.backend.remove(file, signal)
  await recordKnown(keeper, { removed: gone }, signal)
  assert.deepEqual(await fixture.backend.objectLock.versionsOf({ type: 'snapshot', name: first.id }, signal), [])
  const index = files.find((file) => file.type === 'index')
  assert.ok(index)
  const packs = JSON.parse((await keeper.loadUnpacked('index', index.name, signal)).toString()) as {
    readonly packs: { readonly id: string }[]
  }
  const removed: FileHandle[] = packs.packs.map(({ id }) => ({ type: 'pack', name: id }))
  for (const file of removed) await keeper.backend.remove(file, signal)
  fixture.backend.plant(pathOf({ type: 'snapshot', name: first.id }), originals.get(`snapshots/${first.id}`) ?? new Uint8Array())
  const actions = await heal(keeper, { dryRun: false }, signal)
  const kinds = actions.map(({ file, kind, cure }) => `${file.type} ${file.name} ${kind} ${cure}`)
  assert.deepEqual(kinds.sort(), [`index ${index.name} replayed removed`, `snapshot ${first.id} replayed removed`])
})

test('random attacks on random files, in any order, are always undone', async () => {
  const random = new SeededRandom(testSeed('attacks'))
  for (let round = 0; round < 20; round++) {
    const { fixture, files } = await attackedFixture()
    await using _fixture = fixture
    const originals = await contentsOf(fixture, files)
    for (let step = 0; step < 40; step++) {
      const file = files[random.integer(files.length)] ?? { type: 'config', name: '' }
      const other = files[random.integer(files.length)] ?? file
      const kind = random.integer(4)
      if (kind === 0) await fixture.backend.remove(file, signal)
      else if (kind === 1) fixture.backend.plant(pathOf(file), random.bytes(random.integer(200)))
      else if (kind === 2) fixture.backend.plant(pathOf(file), originals.get(pathOf(other)) ?? new Uint8Array())
      else fixture.backend.plant(pathOf(file), originals.get(pathOf(file)) ?? new Uint8Array())
    }
    const repository = await assertWhole(fixture, `round ${round}`)
    await heal(repository, { dryRun: false }, signal)
    await assertHealed(fixture, files, originals, `round ${round}`)
  }
})
