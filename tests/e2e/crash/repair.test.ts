import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  BlobReader,
  type Finding,
  findFolder,
  listSnapshots,
  loadIndex,
  type Repository,
  repairIndex,
  repairPacks,
  repairSnapshots,
} from '@coffre/repository'
import { MemoryBackend, type StoredFiles } from '@coffre/storage'
import { RepositoryFixture, testSeed } from '@coffre/testkit'
import { type CrashCase, proveCrashSafe } from './crash-proof.ts'
import { reopened } from './process-context.ts'
import { errorsOf, findingsOf, snapshotDigests } from './vault-content.ts'
import { underLock } from './vault-operations.ts'

const signal = new AbortController().signal

async function exampleRepository(seed: number): Promise<RepositoryFixture> {
  const fixture = await RepositoryFixture.create({ seed })
  await fixture.snapshot({ 'a/one': fixture.noise(90_000, 1), 'a/two': 'two', 'b/three': fixture.noise(40_000, 3) })
  await fixture.snapshot({ 'a/one': undefined, 'b/four': fixture.noise(70_000, 4) })
  await fixture.snapshot({ 'b/four': undefined, 'b/five': fixture.noise(50_000, 5) })
  return fixture
}

function paths(files: StoredFiles, folder: string): string[] {
  return [...files.keys()].filter((path) => path.startsWith(folder)).sort()
}

/** Which snapshots are still whole, found out with the index that the packs themselves tell. */
async function wholeSnapshots(fixture: RepositoryFixture, files: StoredFiles): Promise<Set<string>> {
  const repository = reopened(fixture.repository, new MemoryBackend({ files }), 7)
  await repairIndex(repository, {}, signal)
  const whole = new Set<string>()
  for (const { id } of await listSnapshots(repository, signal)) {
    const digests = await snapshotDigests(repository, new Set([id])).catch(() => new Map<string, string>())
    if (digests.has(id)) whole.add(id)
  }
  return whole
}

async function proveRepair(
  fixture: RepositoryFixture,
  files: StoredFiles,
  crash: Pick<CrashCase, 'operation' | 'promised' | 'seed'>,
): Promise<void> {
  const whole = await wholeSnapshots(fixture, files)
  const known = await errorsOf(reopened(fixture.repository, new MemoryBackend({ files }), 8))
  assert.ok(known.length > 0)
  const fileOf = ({ file }: Finding): string => `${file?.type} ${file?.name}`
  const knownFiles = new Set(known.map(fileOf))
  const { states } = await proveCrashSafe({
    ...crash,
    repository: fixture.repository,
    before: files,
    committed: whole,
    isKnown: (finding) => knownFiles.has(fileOf(finding)) || finding.kind === 'missing-blob' || finding.kind === 'damaged-tree',
  })
  assert.ok(states.length > 10, `${states.length} states`)
}

test('a repair of the index that is stopped anywhere is finished by the next one', async (t) => {
  const seed = testSeed(t.name)
  await using fixture = await exampleRepository(seed)
  const files = new Map(fixture.backend.files())
  const [gone = '', torn = ''] = paths(files, 'index/')
  files.delete(gone)
  files.set(torn, (files.get(torn) ?? new Uint8Array()).subarray(0, 100))
  await proveRepair(fixture, files, {
    operation: (repository) => underLock(repository, { exclusive: true }, (lockSignal) => repairIndex(repository, {}, lockSignal)),
    async promised(repository, where) {
      assert.deepEqual(await findingsOf(repository), [], where)
    },
    seed,
  })
})

test('a repair of packs, and of the snapshots that lost something, may be stopped anywhere', async (t) => {
  const seed = testSeed(t.name)
  await using fixture = await exampleRepository(seed)
  const files = new Map(fixture.backend.files())
  const broken = await packOf(fixture, 'b/four')
  const path = `data/${broken.slice(0, 2)}/${broken}`
  const bytes = Uint8Array.from(files.get(path) ?? [])
  bytes[40] = (bytes[40] ?? 0) ^ 1
  files.set(path, bytes)
  const packs = (repository: Repository): Promise<unknown> =>
    underLock(repository, { exclusive: true }, (lockSignal) => repairPacks(repository, [broken], {}, lockSignal))
  const snapshots = (repository: Repository): Promise<unknown> =>
    underLock(repository, { exclusive: true }, (lockSignal) => repairSnapshots(repository, { forget: true }, lockSignal))
  await proveRepair(fixture, files, {
    async operation(repository) {
      await packs(repository)
      await snapshots(repository)
    },
    async promised(repository, where) {
      const left = await listSnapshots(repository, signal)
      assert.equal(left.length, 3, where)
      assert.equal(left.filter(({ original }) => original !== undefined).length, 1, where)
    },
    seed,
  })
})

/** The pack that alone has the content of a file. */
async function packOf(fixture: RepositoryFixture, path: string): Promise<string> {
  const index = await loadIndex(fixture.repository, {}, signal)
  const reader = new BlobReader(fixture.repository, index)
  const folder = path.slice(0, path.lastIndexOf('/'))
  for (const snapshot of await listSnapshots(fixture.repository, signal)) {
    const nodes = await reader.tree(await findFolder(reader, snapshot.tree, `${fixture.source}/${folder}`, signal), signal)
    const [id] = nodes.find(({ name }) => path.endsWith(`/${name}`))?.content ?? []
    if (id !== undefined) return index.find(id, false)[0]?.packId ?? ''
  }
  throw new Error(`no snapshot has ${path}`)
}
