import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { systemContext } from '@coffre/foundation'
import { initRepository, openRepository, type Repository } from '@coffre/repository'
import { LocalBackend } from '@coffre/storage'
import { findTool, fixtureContext, fixturePassword, SeededRandom, temporaryFolder, testSeed } from '@coffre/testkit'
import { errorsOf, snapshotDigests } from '../crash/vault-content.ts'

const coffre = resolve(import.meta.dirname, '../../../coffre')
const signal = new AbortController().signal
const histories = 4
/** Locked, in restic and in Coffre. */
const lockedExitCode = 11

interface Player {
  readonly program: string
  readonly args: readonly string[]
}

interface Stage {
  readonly folder: string
  readonly random: SeededRandom
  /** Programs that were ended before they were done. */
  killed: number
}

function cast(stage: Stage): readonly Player[] {
  const restic = findTool('restic', 'COFFRE_RESTIC')
  const source = (number: number): string => join(stage.folder, `source-${number}`)
  return [
    { program: coffre, args: ['repo', 'backup', source(0), '--pack-size', '4'] },
    { program: restic, args: ['backup', source(1), '--pack-size', '4'] },
    { program: coffre, args: ['repo', 'backup', source(2), '--pack-size', '4'] },
    { program: coffre, args: ['repo', 'forget', '--keep-last', '1', '--prune', '--max-unused', '0'] },
    { program: restic, args: ['forget', '--keep-last', '1', '--prune', '--max-unused', '0'] },
  ]
}

/** Ends well, is told that others have the lock, or is killed at its moment. */
function play({ program, args }: Player, stage: Stage, killAfterMs?: number): Promise<void> {
  const { folder } = stage
  const vault = join(folder, 'vault')
  const env = {
    ...process.env,
    COFFRE_REPO: vault,
    COFFRE_PASSWORD: fixturePassword,
    RESTIC_REPOSITORY: vault,
    RESTIC_PASSWORD: fixturePassword,
    RESTIC_CACHE_DIR: join(folder, 'cache'),
  }
  const child = spawn(program, [...args, '--retry-lock', '4s', '--quiet'], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    ...(killAfterMs === undefined ? {} : { timeout: killAfterMs, killSignal: 'SIGKILL' }),
  })
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString()
  })
  return new Promise((resolvePlay, reject) => {
    child.once('error', reject)
    child.once('close', (code, killedBy) => {
      if (killedBy === 'SIGKILL') stage.killed++
      if (killedBy === 'SIGKILL' || code === 0 || code === lockedExitCode) resolvePlay()
      else reject(new Error(`${program} ${args.join(' ')} ended with ${code}: ${errors}`))
    })
  })
}

async function changeSources(stage: Stage, round: number): Promise<void> {
  for (const number of [0, 1, 2]) {
    await mkdir(join(stage.folder, `source-${number}`), { recursive: true })
    for (let file = 0; file < 6; file++) {
      if (round > 0 && stage.random.integer(2) === 0) continue
      // Some content is the same in all sources, so that one program relies on what another one has stored.
      const bytes = new SeededRandom(stage.random.integer(12)).bytes(400_000)
      await writeFile(join(stage.folder, `source-${number}`, `f${file}`), bytes)
    }
  }
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

test('real processes of Coffre and restic on one vault, some of them killed, lose nothing between them', async (t) => {
  const seed = testSeed(t.name)
  let killed = 0
  for (let history = 0; history < histories; history++) {
    await using folder = await temporaryFolder()
    const context = { ...fixtureContext(), random: systemContext.random }
    const password = Buffer.from(fixturePassword)
    await initRepository(new LocalBackend(join(folder.path, 'vault'), context), context, { password }, signal)
    const stage: Stage = { folder: folder.path, random: new SeededRandom(seed + history), killed: 0 }
    for (const round of [0, 1]) {
      await changeSources(stage, round)
      const fates = cast(stage).map(() => (stage.random.integer(4) === 0 ? 200 + stage.random.integer(1500) : undefined))
      await Promise.all(cast(stage).map((player, number) => play(player, stage, fates[number])))
      await play({ program: coffre, args: ['repo', 'unlock', '--remove-all'] }, stage)
      const repository = await openVault(folder.path)
      assert.deepEqual(await errorsOf(repository), [], `seed ${seed}, history ${history}, round ${round}`)
      await snapshotDigests(repository)
    }
    killed += stage.killed
  }
  t.diagnostic(`${killed} processes were killed`)
})
