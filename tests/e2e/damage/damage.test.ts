import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  checkRepository,
  type Finding,
  listSnapshots,
  loadIndex,
  type Repository,
  removeLocks,
  removeUnreadableSnapshots,
  repairIndex,
  repairPacks,
  repairSnapshots,
} from '@coffre/repository'
import { MemoryBackend, type StoredFiles } from '@coffre/storage'
import { SeededRandom, testSeed } from '@coffre/testkit'
import { damagesOf } from './damages.ts'
import { type ExampleVault, exampleVault, type Kind, kinds, onBackend, readSnapshot } from './example-vault.ts'

const signal = new AbortController().signal

/** What `repair` cannot bring back, since nothing in the vault says what was in it: that takes a copy. */
const irreparable: ReadonlySet<Kind> = new Set(['config', 'key', 'state', 'format'])

/**
 * The marker says how content is cut, and nobody counts it: without it, unchanged content is stored once more. Of the state, only
 * who keeps its head elsewhere can miss the newest record; those before it are missed by the next one.
 */
const cannotBeMissed: ReadonlySet<Kind> = new Set(['format'])

for (const kind of kinds) {
  test(`a damaged ${kind} is found, named, never taken for right, and repaired as far as that goes`, async (t) => {
    const seed = testSeed(t.name)
    const random = new SeededRandom(seed)
    await using vault = await exampleVault(seed)
    const paths = vault.paths[kind]
    const chosen = kind.endsWith('pack') ? [paths[0] ?? '', paths.at(-1) ?? ''] : [paths[paths.length >> 1] ?? '']
    const table: string[] = []
    for (const path of new Set(chosen)) {
      const others = paths.filter((other) => other !== path)
      for (const { how, files } of damagesOf(kind, path, vault.files, others, random)) {
        if (how === 'deleted' && cannotBeMissed.has(kind)) continue
        const where = `${kind} ${path} ${how}, seed ${seed}`
        const found = await findingsOf(vault, files)
        assertNamed(found, kind, path, where)
        const harmed = await assertNeverWrong(vault, files, path, where)
        const left = irreparable.has(kind) ? 'from a copy only' : await repaired(vault, files, kind, path, where)
        table.push(
          `${kind.padEnd(10)} ${how.padEnd(36)} ${[...new Set(found.map((finding) => finding.kind))].join(', ').padEnd(50)} ${harmed} ${left}`,
        )
      }
    }
    for (const line of table) t.diagnostic(line)
  })
}

async function findingsOf(vault: ExampleVault, files: StoredFiles): Promise<Finding[]> {
  const repository = onBackend(vault.fixture, new MemoryBackend({ files }))
  const findings: Finding[] = []
  await checkRepository(repository, { readData: 'all', known: vault.known, onFinding: (finding) => findings.push(finding) }, signal)
  return findings.filter(({ severity }) => severity === 'error')
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** A deleted index is not known to have been there; what it listed is missed instead. */
function assertNamed(found: readonly Finding[], kind: Kind, path: string, where: string): void {
  const name = nameOf(path)
  const isNamed = found.some(({ file, message }) => {
    if (kind === 'config') return file?.type === 'config'
    if (kind === 'state' || kind === 'format') return file?.type === 'state'
    return file?.name === name && message.includes(name)
  })
  const isMissed = kind === 'index' && where.includes('deleted') && found.some((finding) => finding.kind === 'missing-blob')
  assert.ok(isNamed || isMissed, `${where}: ${JSON.stringify(found)}`)
}

/** Reads everything from the damaged vault. What is read is right; what is not says why. How many files could not be read. */
async function assertNeverWrong(vault: ExampleVault, files: StoredFiles, path: string, where: string): Promise<string> {
  const repository = onBackend(vault.fixture, new MemoryBackend({ files }))
  const touched = [...vault.files.keys()].filter((file) => files.get(file) !== vault.files.get(file)).map(nameOf)
  assert.ok(touched.includes(nameOf(path)))
  const index = await loadIndex(repository, {}, signal).catch((error: unknown) => {
    assert.ok(error instanceof Error && touched.some((name) => error.message.includes(name)), `${where}: ${String(error)}`)
  })
  if (index === undefined) return 'all refused,'
  let lost = 0
  for (const [id, wanted] of vault.contents) {
    const { contents, problems } = await readSnapshot(repository, index, id, vault.fixture.source)
    for (const [file, content] of Object.entries(contents))
      assert.ok(wanted[file]?.equals(content), `${where}: ${file} of ${id} is wrong`)
    const missing = Object.keys(wanted).filter((file) => contents[file] === undefined)
    assert.equal(missing.length > 0, problems.length > 0, `${where}: ${problems.join('; ')}`)
    for (const problem of problems) assert.match(problem, /[0-9a-f]{64}/, where)
    lost += missing.length
  }
  return `${String(lost).padStart(2)} files lost,`
}

/** Runs the repairs that the findings ask for. A check then finds nothing, and what was not lost is as it was. */
async function repaired(vault: ExampleVault, files: StoredFiles, kind: Kind, path: string, where: string): Promise<string> {
  const repository = onBackend(vault.fixture, new MemoryBackend({ files }))
  const before = await checkRepository(repository, { readData: 'all' }, signal)
  if (kind === 'lock') await removeLocks(repository, true, signal)
  await removeUnreadableSnapshots(repository, {}, signal)
  await repairIndex(repository, {}, signal)
  if (before.brokenPacks.length > 0) await repairPacks(repository, before.brokenPacks, {}, signal)
  await repairSnapshots(repository, { forget: true }, signal)
  const after: Finding[] = []
  await checkRepository(repository, { readData: 'all', onFinding: (finding) => after.push(finding) }, signal)
  // The state remembers snapshots that are gone for good: it may say so.
  const errors = after.filter(
    ({ severity, file, kind: what }) => severity === 'error' && !(what === 'missing-file' && file?.type === 'snapshot'),
  )
  assert.deepEqual(errors, [], `${where}, after the repair of ${path}`)
  return `${await countWhole(vault, repository, where)} of ${vault.contents.size} snapshots whole`
}

async function countWhole(vault: ExampleVault, repository: Repository, where: string): Promise<number> {
  const index = await loadIndex(repository, {}, signal)
  let whole = 0
  for (const snapshot of await listSnapshots(repository, signal)) {
    const wanted = vault.contents.get(snapshot.original ?? snapshot.id) ?? {}
    const { contents, problems } = await readSnapshot(repository, index, snapshot.id, vault.fixture.source)
    // A repaired snapshot may have lost the whole folder; any other has everything.
    const isLeft = snapshot.original === undefined || !problems.some((problem) => problem.endsWith('is not in the snapshot'))
    if (isLeft) assert.deepEqual(problems, [], where)
    for (const [file, content] of Object.entries(contents)) {
      // A repaired snapshot has cut files under the same name only where they lost a part; such a file is shorter, never other.
      const original = wanted[file]
      assert.ok(
        original !== undefined && (original.equals(content) || snapshot.original !== undefined),
        `${where}: ${file} after the repair`,
      )
    }
    if (Object.keys(wanted).every((file) => contents[file]?.equals(wanted[file] ?? Buffer.alloc(0)))) whole++
  }
  return whole
}
