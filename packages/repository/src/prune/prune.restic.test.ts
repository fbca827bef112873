import assert from 'node:assert/strict'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { ResticVault, SeededRandom } from '@coffre/testkit'
import { checkRepository } from '../check/check-repository.ts'
import { executePrune } from './execute-prune.ts'
import { type PlanOptions, planPrune } from './plan-prune.ts'
import { type PruneOptions, parseUnusedLimit } from './prune-options.ts'
import { repackPlanned } from './repack-packs.ts'

/** A repository that restic wrote, with waste of every kind: snapshots forgotten, small packs, uncompressed ones. */
async function wastefulVault(): Promise<ResticVault> {
  const vault = await ResticVault.create()
  const random = new SeededRandom(7)
  for (let round = 0; round < 14; round++) {
    for (let file = 0; file < 16; file++) {
      if (round > 0 && random.integer(5) > 0) continue
      await put(vault, `d${file % 4}/f${file}`, random.bytes(200_000 + random.integer(400_000)))
      await put(vault, `d${file % 4}/t${file}`, Buffer.from(`text of round ${round} `.repeat(3000)))
    }
    await vault.restic(['backup', '--quiet', '--pack-size', '4', ...(round % 6 === 3 ? ['--compression', 'off'] : []), '.'])
  }
  await vault.restic(['forget', '--quiet', '--keep-last', '4', '--group-by', ''])
  return vault
}

async function put(vault: ResticVault, path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(join(vault.source, path)), { recursive: true })
  await writeFile(join(vault.source, path), bytes)
}

const cases: readonly (readonly [args: readonly string[], options: PruneOptions])[] = [
  [[], {}],
  [['--max-unused', '0'], { maxUnused: parseUnusedLimit('0') }],
  [['--max-unused', 'unlimited'], { maxUnused: parseUnusedLimit('unlimited') }],
  [['--max-unused', '30%'], { maxUnused: parseUnusedLimit('30%') }],
  [['--max-unused', '1M'], { maxUnused: parseUnusedLimit('1M') }],
  [['--max-repack-size', '3M'], { maxRepackBytes: 3 * 2 ** 20 }],
  [['--repack-cacheable-only'], { repackCacheableOnly: true }],
  [['--repack-small'], { repackSmall: true }],
  [['--repack-smaller-than', '900k'], { repackSmallerThanBytes: 900 * 2 ** 10 }],
  [['--repack-uncompressed'], { repackUncompressed: true }],
  [
    ['--repack-uncompressed', '--max-unused', '0', '--repack-small'],
    { repackUncompressed: true, repackSmall: true, maxUnused: parseUnusedLimit('0') },
  ],
]

/** The numbers that restic prints. */
async function resticPlan(vault: ResticVault, args: readonly string[]): Promise<Record<string, number>> {
  const text = (await vault.restic(['prune', '--dry-run', '--verbose', ...args])).toString()
  const numberAfter = (label: string): number => {
    const match = new RegExp(`^${label}:\\s+(\\d+)\\b`, 'm').exec(text)
    return match === null ? 0 : Number(match[1])
  }
  return {
    used: numberAfter('used'),
    duplicates: numberAfter('duplicates'),
    unused: numberAfter('unused'),
    repack: numberAfter('to repack'),
    repackRemoves: numberAfter('this removes'),
    remove: numberAfter('to delete'),
    usedPacks: numberAfter('totally used packs'),
    partlyUsedPacks: numberAfter('partly used packs'),
    unusedPacks: numberAfter('unused packs'),
    keepPacks: numberAfter('to keep'),
    repackPacks: Number(/^to repack:\s+(\d+) packs/m.exec(text)?.[1] ?? Number.NaN),
    removePacks: Number(/^to delete:\s+(\d+) packs/m.exec(text)?.[1] ?? Number.NaN),
  }
}

async function ourPlan(vault: ResticVault, options: PlanOptions): Promise<Record<string, number>> {
  const { stats } = await planPrune(await vault.open(), options, vault.signal)
  const { blobs, packs } = stats
  return {
    used: blobs.used,
    duplicates: blobs.duplicate,
    unused: blobs.unused,
    repack: blobs.repack,
    repackRemoves: blobs.repackRemove,
    remove: blobs.remove,
    usedPacks: packs.used,
    partlyUsedPacks: packs.partlyUsed,
    unusedPacks: packs.unused,
    keepPacks: packs.keep,
    repackPacks: packs.repack,
    removePacks: packs.remove,
  }
}

test('the same is planned as stock restic plans, whatever the options', async (context) => {
  await using vault = await wastefulVault()
  for (const [args, options] of cases) {
    await context.test(args.join(' ') || 'defaults', async () => {
      assert.deepEqual(await ourPlan(vault, options), await resticPlan(vault, args))
    })
  }
})

test('what a prune leaves is sound for stock restic, which finds nothing more to prune', async () => {
  await using vault = await wastefulVault()
  const repository = await vault.open()
  const options = { maxUnused: parseUnusedLimit('0'), repackSmall: true, repackUncompressed: true }
  await executePrune(repository, await planPrune(repository, options, vault.signal), {}, vault.signal)
  await vault.restic(['check', '--read-data', '--quiet'])
  const left = await resticPlan(vault, ['--max-unused', '0'])
  assert.deepEqual([left['duplicates'], left['unused'], left['repack'], left['remove']], [0, 0, 0, 0])
  await rm(join(vault.source, 'd0'), { recursive: true })
  await vault.restic(['restore', 'latest', '--quiet', '--target', vault.path('restored')])
})

test('two copies of everything are told apart as stock restic does', async () => {
  await using vault = await wastefulVault()
  const repository = await vault.open()
  const plan = await planPrune(repository, { maxUnused: parseUnusedLimit('0') }, vault.signal)
  // As a prune that is stopped right after repacking.
  await repackPlanned(repository, plan, {}, vault.signal)
  const [ours, theirs] = [await ourPlan(vault, {}), await resticPlan(vault, [])]
  assert.ok((ours['duplicates'] ?? 0) > 0)
  for (const quantity of ['used', 'duplicates', 'unused']) assert.equal(ours[quantity], theirs[quantity], quantity)
  await vault.restic(['prune', '--quiet', '--max-unused', '0'])
  const result = await checkRepository(await vault.open(), { readData: 'all' }, vault.signal)
  assert.deepEqual([result.errors, result.notes], [0, 0])
})
