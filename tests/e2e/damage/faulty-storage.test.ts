import assert from 'node:assert/strict'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { CoffreError } from '@coffre/foundation'
import {
  BlobReader,
  backup,
  contentCutOf,
  findFolder,
  listSnapshots,
  loadIndex,
  type Repository,
  Restorer,
} from '@coffre/repository'
import { MemoryBackend, RetryBackend } from '@coffre/storage'
import { type Fault, type FaultOdds, FaultyBackend, SeededRandom, temporaryFolder, testSeed } from '@coffre/testkit'
import { errorsOf, snapshotDigests } from '../crash/vault-content.ts'
import { type ExampleVault, exampleVault, onBackend, readSnapshot } from './example-vault.ts'

const signal = new AbortController().signal
const rounds = 40

const loadFaults: readonly Fault[] = [
  { kind: 'truncated' },
  { kind: 'reset' },
  { kind: 'unavailable' },
  { kind: 'bit-flip' },
  { kind: 'slow', delayMs: 20_000 },
  { kind: 'lost-acknowledgement' },
]
const listFaults: readonly Fault[] = [
  { kind: 'missing-entry' },
  { kind: 'repeated-entry' },
  { kind: 'reset' },
  { kind: 'unavailable' },
]
const odds: FaultOdds = { probability: 0.12, faults: { load: loadFaults, stat: [{ kind: 'unavailable' }], list: listFaults } }

interface FaultyVault {
  readonly repository: Repository
  readonly backend: MemoryBackend
  readonly faults: FaultyBackend
}

/** The vault behind storage that fails by chance, and behind the retries that every command has. */
function faulty(vault: ExampleVault, seed: number, isRetried: boolean): FaultyVault {
  const context = { clock: vault.fixture.context.clock, random: new SeededRandom(seed) }
  const backend = new MemoryBackend({ files: vault.files })
  const faults = new FaultyBackend(backend, context)
  faults.setOdds(odds)
  return { repository: onBackend(vault.fixture, isRetried ? new RetryBackend(faults, context) : faults), backend, faults }
}

for (const isRetried of [true, false]) {
  test(`storage that fails while it is read ${isRetried ? 'and asked again ' : ''}gives what is right or an error`, async (t) => {
    const seed = testSeed(t.name)
    await using vault = await exampleVault(seed)
    let [right, refused, struck] = [0, 0, 0]
    for (let round = 0; round < rounds; round++) {
      const { repository, faults } = faulty(vault, seed + round, isRetried)
      const index = await loadIndex(repository, {}, signal).catch(assertTyped)
      struck += faults.struck.length
      if (index === undefined) {
        refused++
        continue
      }
      for (const [id, wanted] of vault.contents) {
        const { contents, problems } = await readSnapshot(repository, index, id, vault.fixture.source)
        for (const [file, content] of Object.entries(contents))
          assert.ok(wanted[file]?.equals(content), `${file}, seed ${seed}, round ${round}`)
        const isWhole = Object.keys(wanted).every((file) => contents[file] !== undefined)
        assert.equal(isWhole, problems.length === 0, `seed ${seed}, round ${round}: ${problems.join('; ')}`)
        if (isWhole) right++
        else refused++
      }
    }
    t.diagnostic(`${right} snapshots read whole, ${refused} refused, ${struck} faults before the first`)
    assert.ok(right > 0 && refused > 0 && struck > 0)
  })
}

function assertTyped(error: unknown): undefined {
  assert.ok(error instanceof CoffreError, String(error))
}

test('a restore from storage that fails is complete or says what is missing, and never writes what is wrong', async (t) => {
  const seed = testSeed(t.name)
  await using vault = await exampleVault(seed)
  await using folder = await temporaryFolder()
  const [id, wanted] = [...vault.contents].at(-1) ?? ['', {}]
  let incomplete = 0
  for (let round = 0; round < rounds; round++) {
    const target = join(folder.path, String(round))
    mkdirSync(target)
    const { repository } = faulty(vault, seed + round, round % 2 === 0)
    const failed = new Map<string, string>()
    const counts = await restore(vault, repository, id, target, failed).catch(assertTyped)
    if (counts === undefined || failed.size > 0) incomplete++
    if (counts === undefined) continue
    assert.equal(counts.errors > 0, failed.size > 0)
    for (const [file, content] of Object.entries(wanted)) {
      if (isExcused(file, failed)) continue
      assert.ok(readFileSync(join(target, file)).equals(content), `${file}, seed ${seed}, round ${round}`)
    }
  }
  assert.ok(incomplete > 0 && incomplete < rounds, `${incomplete} of ${rounds}`)
})

/** A file was reported itself, or a folder that it is in. */
function isExcused(file: string, failed: ReadonlyMap<string, string>): boolean {
  return [...failed.keys()].some((location) => location === '/' || `/${file}` === location || `/${file}`.startsWith(`${location}/`))
}

async function restore(vault: ExampleVault, repository: Repository, id: string, target: string, failed: Map<string, string>) {
  const index = await loadIndex(repository, {}, signal)
  const snapshot = (await listSnapshots(repository, signal)).find((stored) => stored.id === id)
  if (snapshot === undefined) throw new CoffreError('snapshot.missing', `snapshot ${id} is not listed`)
  const tree = await findFolder(new BlobReader(repository, index), snapshot.tree, vault.fixture.source, signal)
  const options = {
    select: () => ({ selected: true, childMayBeSelected: true }),
    selectAttribute: () => true,
    overwrite: 'always',
    removeOthers: false,
    sparse: false,
    dryRun: false,
    verify: false,
    onError: (location: string, error: unknown) => failed.set(location, String(error)),
  } as const
  return await Restorer.restore(repository, index, tree, target, options, signal)
}

test('a backup on storage that fails while it is read makes a sound snapshot or none', async (t) => {
  const seed = testSeed(t.name)
  await using vault = await exampleVault(seed)
  const contentCut = await contentCutOf(vault.fixture.repository, signal)
  await vault.fixture.write({ 'd1/noise': vault.fixture.noise(25_000, seed + 99), 'new/text': 'new' })
  let made = 0
  for (let round = 0; round < rounds; round++) {
    const { repository, backend } = faulty(vault, seed + round, true)
    const sound = onBackend(vault.fixture, backend)
    const before = await listSnapshots(sound, signal)
    const run = async () => {
      const parent = (await listSnapshots(repository, signal)).at(-1)
      const index = await loadIndex(repository, { trustOnlyListedPacks: true }, signal)
      const options = { ...vault.fixture.backupOptions(), contentCut, parent, onError: () => undefined }
      return backup(repository, index, [vault.fixture.source], options, signal)
    }
    const result = await run().catch(assertTyped)
    assert.deepEqual(await errorsOf(sound), [], `seed ${seed}, round ${round}`)
    const digests = await snapshotDigests(sound)
    assert.equal(digests.size, before.length + (result === undefined ? 0 : 1), `seed ${seed}, round ${round}`)
    if (result !== undefined) made++
  }
  assert.ok(made > 0, `${made} of ${rounds}`)
})
