import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import {
  backup,
  executePrune,
  forgetSnapshots,
  type Id,
  listSnapshots,
  loadIndex,
  nothingHeld,
  planPrune,
  type Repository,
} from '@coffre/repository'
import type { StoredFiles } from '@coffre/storage'
import {
  type CrashState,
  crashStates,
  findTool,
  fixturePassword,
  RepositoryFixture,
  SeededRandom,
  temporaryFolder,
  testSeed,
  writeStoredFiles,
} from '@coffre/testkit'
import { reopened } from './process-context.ts'
import { underLock } from './vault-operations.ts'

const run = promisify(execFile)
const signal = new AbortController().signal
const statesToTry = 40
const packBytes = 32 * 1024

/** A backup, a forget and a prune, one after the other, as one long operation. */
async function wholeLife(fixture: RepositoryFixture, repository: Repository, gone: readonly Id[]): Promise<void> {
  await underLock(repository, { exclusive: false }, async (lockSignal) => {
    const index = await loadIndex(repository, { trustOnlyListedPacks: true }, lockSignal)
    const options = { ...fixture.backupOptions(), packBytes, contentCut: { kind: 'gear', secret: new Uint8Array(32) } } as const
    await backup(repository, index, [fixture.source], options, lockSignal)
  })
  await underLock(repository, { exclusive: true }, async (lockSignal) => {
    await forgetSnapshots(repository, gone, { held: nothingHeld }, lockSignal)
    const options = { packBytes, maxUnused: { kind: 'bytes', sizeBytes: 0 } } as const
    await executePrune(repository, await planPrune(repository, options, lockSignal), options, lockSignal)
  })
}

test('stock restic finds nothing wrong where Coffre was stopped, and restores what was there before', async (t) => {
  const seed = testSeed(t.name)
  await using fixture = await RepositoryFixture.create({ seed })
  await using folder = await temporaryFolder()
  const contents = new Map<Id, Readonly<Record<string, Buffer>>>()
  const all: Record<string, Buffer> = {}
  for (const round of [0, 1, 2, 3]) {
    for (const file of [0, 1, 2, 3]) {
      if (round === 0 || file % 2 === round % 2)
        all[`d${file % 2}/f${file}`] = Buffer.from(fixture.noise(9000, seed + round * 10 + file))
    }
    const { id } = await fixture.snapshot(all, { packBytes })
    contents.set(id, { ...all })
  }
  const gone = (await listSnapshots(fixture.repository, signal)).slice(0, 2).map(({ id }) => id)
  await fixture.write({ 'new/one': fixture.noise(50_000, seed + 99), 'd0/f0': undefined })
  const before = fixture.backend.files()
  const states = await Array.fromAsync(
    crashStates(before, (backend) => wholeLife(fixture, reopened(fixture.repository, backend, 2), gone), { seed }),
  )
  assert.ok(states.length > statesToTry, `${states.length} states`)

  const random = new SeededRandom(seed)
  const chosen = Array.from({ length: statesToTry }, () => states.splice(random.integer(states.length), 1)[0]).filter(
    (state) => state !== undefined,
  )
  const kept = [...contents].filter(([id]) => !gone.includes(id))
  const tryNext = async (): Promise<void> => {
    for (let state = chosen.pop(); state !== undefined; state = chosen.pop())
      await assertResticAgrees(state, before, fixture.source, kept, folder.path, seed)
  }
  await Promise.all([tryNext(), tryNext()])
})

async function assertResticAgrees(
  state: CrashState,
  before: StoredFiles,
  source: string,
  kept: readonly (readonly [Id, Readonly<Record<string, Buffer>>])[],
  folder: string,
  seed: number,
): Promise<void> {
  const where = `operation ${state.point.operation}, ${state.point.variant}, seed ${seed}`
  const place = join(folder, `${state.point.operation}-${state.point.variant}-${state.completed}`)
  const vault = join(place, 'vault')
  await writeStoredFiles(withoutTorn(state.files, before), vault)
  const restic = async (...args: string[]): Promise<void> => {
    const env = {
      ...process.env,
      RESTIC_REPOSITORY: vault,
      RESTIC_PASSWORD: fixturePassword,
      RESTIC_CACHE_DIR: join(place, 'cache'),
    }
    await run(findTool('restic', 'COFFRE_RESTIC'), [...args, '--quiet'], { env }).catch((error: unknown) => {
      throw new Error(`restic ${args.join(' ')}: ${where}`, { cause: error })
    })
  }
  await restic('unlock', '--remove-all')
  await restic('check', '--read-data')
  const [newest] = kept.slice(-1)
  const [id, wanted] = newest ?? ['', {}]
  await restic('restore', id, '--target', join(place, 'target'))
  for (const [path, content] of Object.entries(wanted)) {
    assert.ok(readFileSync(join(place, 'target', source, path)).equals(content), `${path}: ${where}`)
  }
  await rm(place, { recursive: true })
}

/** Without the index or snapshot that the stop cut short and nobody was told of: restic, too, asks to have those removed first. */
function withoutTorn(files: StoredFiles, before: StoredFiles): StoredFiles {
  const names = /^(index|snapshots)\/([0-9a-f]{64})$/
  return new Map([...files].filter(([path, bytes]) => before.has(path) || !names.test(path) || isWhole(path, bytes)))
}

function isWhole(path: string, bytes: Uint8Array): boolean {
  return path.endsWith(hash('sha256', bytes, 'hex'))
}
