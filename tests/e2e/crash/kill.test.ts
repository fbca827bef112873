import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { watch } from 'node:fs'
import { cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { systemContext } from '@coffre/foundation'
import { initRepository, openRepository, type Repository } from '@coffre/repository'
import { LocalBackend } from '@coffre/storage'
import { fixtureContext, fixturePassword, SeededRandom, type TemporaryFolder, temporaryFolder, testSeed } from '@coffre/testkit'
import { errorsOf, snapshotDigests } from './vault-content.ts'

const coffre = resolve(import.meta.dirname, '../../../coffre')
const signal = new AbortController().signal
const killsOfEach = 5

interface Outcome {
  readonly code: number | null
  readonly wasKilled: boolean
  readonly output: string
  /** Changes of the vault that were seen. */
  readonly changes: number
}

/** Runs `coffre repo` on a vault, and kills it without warning once the vault has changed so many times. */
function coffreRepo(folder: string, args: readonly string[], killAfterChanges = Number.POSITIVE_INFINITY): Promise<Outcome> {
  const vault = join(folder, 'vault')
  const watcher = watch(vault, { recursive: true })
  const env = { ...process.env, COFFRE_REPO: vault, COFFRE_PASSWORD: fixturePassword, COFFRE_FROM_PASSWORD: fixturePassword }
  const child = spawn(coffre, ['repo', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'], cwd: folder })
  let output = ''
  let changes = 0
  const collect = (chunk: Buffer): void => {
    output += chunk.toString()
  }
  child.stdout.on('data', collect)
  child.stderr.on('data', collect)
  watcher.on('change', () => {
    if (++changes >= killAfterChanges) child.kill('SIGKILL')
  })
  return new Promise((resolveOutcome, reject) => {
    child.once('error', reject)
    child.once('close', (code, killedBy) => {
      watcher.close()
      resolveOutcome({ code, wasKilled: killedBy === 'SIGKILL', output, changes })
    })
  })
}

async function mustRun(folder: string, args: readonly string[]): Promise<Outcome> {
  const outcome = await coffreRepo(folder, args)
  assert.equal(outcome.code, 0, `coffre repo ${args.join(' ')}: ${outcome.output}`)
  return outcome
}

async function openVault(folder: string): Promise<Repository> {
  const context = fixtureContext()
  return openRepository(
    new LocalBackend(join(folder, 'vault'), context),
    context,
    { password: Buffer.from(fixturePassword) },
    signal,
  )
}

/** With a key that costs nothing: the commands open it seventy times. */
async function makeVault(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  const context = { ...fixtureContext(), random: systemContext.random }
  await initRepository(
    new LocalBackend(join(folder, 'vault'), context),
    context,
    { password: Buffer.from(fixturePassword) },
    signal,
  )
}

/** A vault with three snapshots, one more that is forgotten, and a source that has changed since. */
async function preparedVault(folder: TemporaryFolder, seed: number): Promise<void> {
  const place = join(folder.path, 'begin')
  const source = join(folder.path, 'source')
  await makeVault(place)
  await mkdir(source)
  for (const round of [0, 1, 2, 3, 4]) {
    for (let file = 0; file < 12; file++) {
      if (round === 0 || file % 3 === round % 3)
        await writeFile(join(source, `f${file}`), new SeededRandom(seed + round * 100 + file).bytes(700_000))
    }
    if (round < 4) await mustRun(place, ['backup', source, '--pack-size', '4'])
  }
  await mustRun(place, ['forget', '--keep-last', '3'])
}

const commands: Readonly<Record<string, readonly string[]>> = {
  backup: ['backup', '../source', '--pack-size', '4'],
  forget: ['forget', '--keep-last', '2', '--prune', '--max-unused', '0'],
  prune: ['prune', '--max-unused', '0'],
  copy: ['copy', '--from-repo', 'source'],
}

test('a process that is killed at any moment harms nothing, and the command run again ends well', async (t) => {
  const seed = testSeed(t.name)
  const random = new SeededRandom(seed)
  await using folder = await temporaryFolder()
  await preparedVault(folder, seed)
  const begin = join(folder.path, 'begin')
  const committed = await snapshotDigests(await openVault(begin))
  const newest = [...committed].slice(-2)

  const jobs: (() => Promise<void>)[] = []
  let killed = 0
  for (const [name, args] of Object.entries(commands)) {
    const prepare = async (place: string): Promise<void> => {
      if (name !== 'copy') return cp(begin, place, { recursive: true })
      await makeVault(place)
      await cp(join(begin, 'vault'), join(place, 'source'), { recursive: true })
    }
    const rehearsal = join(folder.path, `${name}-rehearsal`)
    await prepare(rehearsal)
    const { changes } = await mustRun(rehearsal, args)
    await rm(rehearsal, { recursive: true })
    for (let kill = 0; kill < killsOfEach; kill++) {
      const after = 1 + random.integer(changes)
      jobs.push(async () => {
        const where = `${name}, killed after ${after} of ${changes} changes, seed ${seed}`
        const place = join(folder.path, `${name}-${kill}`)
        await prepare(place)
        const outcome = await coffreRepo(place, args, after)
        if (outcome.wasKilled) killed++
        assert.ok(outcome.wasKilled || outcome.code === 0, `${where}: ${outcome.output}`)
        await assertSound(place, name === 'copy' ? [] : newest, where)
        await mustRun(place, ['unlock'])
        await mustRun(place, args)
        await assertSound(place, name === 'copy' ? [] : newest, `${where}, then run again`)
        if (name === 'copy') assert.equal((await snapshotDigests(await openVault(place))).size, committed.size, where)
        await rm(place, { recursive: true })
      })
    }
  }
  const failures: unknown[] = []
  const next = async (): Promise<void> => {
    for (let job = jobs.pop(); job !== undefined; job = jobs.pop()) await job().catch((error: unknown) => failures.push(error))
  }
  await Promise.all([next(), next()])
  const [failure] = failures
  if (failure !== undefined) throw failure
  assert.ok(killed > 2 * killsOfEach, `${killed} were killed before they ended`)
})

async function assertSound(place: string, committed: readonly (readonly [string, string])[], where: string): Promise<void> {
  const repository = await openVault(place)
  assert.deepEqual(await errorsOf(repository), [], where)
  const digests = await snapshotDigests(repository)
  for (const [id, digest] of committed) assert.equal(digests.get(id), digest, where)
}
