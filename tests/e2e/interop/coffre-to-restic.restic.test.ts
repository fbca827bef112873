import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { describe, test } from 'node:test'
import type { Id } from '@coffre/repository'
import {
  assertSameTree,
  chosen,
  GeneratedTree,
  largeBoundarySizes,
  ResticVault,
  SeededRandom,
  testSeed,
  type TreeDescription,
  TreeProcess,
} from '@coffre/testkit'
import { coffreBackup, coffreCheck, coffreRestore, type WriteVariation } from './coffre-side.ts'

const repositories = 20
const snapshotsOfEach = 10
const mib = 1024 * 1024
const seed = testSeed('coffre to restic')

interface Stored {
  readonly id: Id
  readonly expected: TreeDescription
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
    workers: number % 2 === 0 ? 0 : 2,
  }
}

async function proveRepository(number: number): Promise<void> {
  const variation = variationOf(number)
  const random = new SeededRandom(seed + number)
  await using vault = await ResticVault.create({ seed: seed + number, workers: variation.workers })
  await using hand = new TreeProcess()
  const tree = await GeneratedTree.create(vault.path('tree'), hand, random, {
    sizesBytes: largeBoundarySizes.filter((_, i) => i % repositories === number || random.integer(repositories) === 0),
    crowd: number === 0 ? 2500 : 0,
  })
  const stored: Stored[] = []
  for (let i = 0; i < snapshotsOfEach; i++) {
    const changes = i === 0 ? [] : await tree.mutate(chosen(random, [0, 1, 10, 25]))
    const expected = await hand.describe(tree.folder)
    const { snapshotId } = await coffreBackup(vault, [tree.folder], variation, { timeMs: Date.UTC(2026, 0, 1 + i) })
    stored.push({ id: snapshotId, expected })
    assert.ok(expected.size > 100, `snapshot ${i} of repository ${number} has only ${expected.size} entries after ${changes.join(', ')}`)
  }
  await coffreCheck(vault)
  await vault.restic(['check', '--read-data', '--no-lock'])
  for (const [i, snapshot] of stored.entries()) {
    const by = (i + number) % 2 === 0 ? 'restic' : 'coffre'
    await proveRestore(vault, hand, snapshot, tree.folder, by, `snapshot ${i} of repository ${number}, restored by ${by}`)
  }
}

async function proveRestore(vault: ResticVault, hand: TreeProcess, { id, expected }: Stored, source: string, by: 'restic' | 'coffre', what: string) {
  const target = vault.path('restored')
  if (by === 'restic') await vault.restic(['restore', id, '--target', target, '--no-lock', '--quiet'])
  else await coffreRestore(vault, id, target, { sparse: expected.size % 2 === 0 })
  assertSameTree(expected, await hand.describe(target + source), what)
  await rm(target, { recursive: true })
}
