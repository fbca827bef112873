import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type PruneOptions, parseUnusedLimit } from '@coffre/repository'
import { chosen, GeneratedTree, largeBoundarySizes, ResticVault, SeededRandom, TreeProcess, testSeed } from '@coffre/testkit'
import { coffreBackup, coffreCheck, coffreForget, coffrePrune, type WriteVariation } from './coffre-side.ts'
import { assertRestores, assertRestoresOver, type KnownSnapshot, type Program } from './restored-tree.ts'

const repositories = 20
const snapshotsOfEach = 10
const mib = 1024 * 1024
const seed = testSeed('coffre to restic')

/** How much waste a prune may leave; every second repository has one. */
const prunes: readonly PruneOptions[] = [
  {},
  { maxUnused: parseUnusedLimit('0') },
  { maxUnused: parseUnusedLimit('50%'), repackSmall: true },
]

interface Stored extends KnownSnapshot {
  readonly name: string
}

describe('what Coffre writes, stock restic checks and restores', { concurrency: 2 }, () => {
  for (let number = 0; number < repositories; number++) {
    test(`repository ${number}: ${JSON.stringify(variationOf(number))}`, () => proveRepository(number))
  }
})

/** Every value of each setting meets several of the others. */
function variationOf(number: number): WriteVariation & { readonly workers: number } {
  return {
    compression: (['auto', 'off', 'max'] as const)[number % 3] ?? 'auto',
    cut: (['auto', 'auto', 'content', 'fixed'] as const)[number % 4] ?? 'auto',
    contentCut: (['gear', 'rabin'] as const)[Math.floor(number / 2) % 2] ?? 'gear',
    packBytes: [16 * mib, 4 * mib, mib / 4, 64 * mib, 16 * 1024][number % 5] ?? mib,
    workers: number % 7 === 3 ? 2 : 0,
  }
}

async function proveRepository(number: number): Promise<void> {
  const variation = variationOf(number)
  const random = new SeededRandom(seed + number)
  await using vault = await ResticVault.create({ seed: seed + number, workers: variation.workers })
  await using hand = new TreeProcess()
  const tree = await GeneratedTree.create(vault.path('tree'), hand, random, {
    sizesBytes: largeBoundarySizes.filter((_, i) => i % repositories === number),
    crowd: number === 0 ? 800 : 0,
  })
  const nameOf = ({ name }: Stored): string => `${name} of repository ${number}`
  const prove = (snapshot: Stored, by: Program) => assertRestores(vault, hand, snapshot, tree.folder, by, nameOf(snapshot))
  const stored: Stored[] = []
  for (let i = 0; i < snapshotsOfEach; i++) {
    if (i > 0) await tree.mutate(chosen(random, [0, 1, 10, 25]))
    const expected = await hand.describe(tree.folder)
    assert.ok(expected.size > 50, `only ${expected.size} entries are left of repository ${number}`)
    const { snapshotId } = await coffreBackup(vault, [tree.folder], variation, { timeMs: Date.UTC(2026, 0, 1 + i) })
    stored.push({ id: snapshotId, name: `snapshot ${i}`, expected })
    if (i % 4 === 3 && number % 2 === 0) {
      const forgotten = [0, 1, 2].flatMap(() => stored.splice(random.integer(stored.length), 1))
      for (const snapshot of forgotten) await prove(snapshot, 'coffre')
      await coffreForget(
        vault,
        forgotten.map(({ id }) => id),
      )
      await coffrePrune(vault, chosen(random, prunes), variation.packBytes)
    }
  }
  await coffreCheck(vault)
  await vault.restic(['check', '--read-data', '--no-lock'])
  for (const [i, snapshot] of stored.entries()) {
    if ((i + number) % 2 === 0) await prove(snapshot, 'restic')
    else await assertRestoresOver(vault, hand, snapshot, tree.folder, nameOf(snapshot))
  }
}
