import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { describe, test } from 'node:test'
import { addKeyFile, parseUnusedLimit, upgradeRepository } from '@coffre/repository'
import { GeneratedTree, type ResticVault, SeededRandom, TreeProcess, testSeed } from '@coffre/testkit'
import { coffreBackup, coffreCheck, coffreForget, coffrePrune, coffreSnapshots } from './coffre-side.ts'
import { resticMadeVault } from './restic-made-vault.ts'
import { assertRestores, type KnownSnapshot } from './restored-tree.ts'

const mib = 1024 * 1024
const seed = testSeed('restic to coffre')

interface Variation {
  readonly name: string
  readonly args: readonly string[]
  readonly version?: 1
  /** What else happens to the repository before Coffre extends it. */
  readonly prepare?: (vault: ResticVault, snapshots: KnownSnapshot[], restores: () => Promise<void>) => Promise<void>
}

const variations: readonly Variation[] = [
  { name: 'as restic makes it by default', args: [] },
  { name: 'not compressed', args: ['--compression', 'off'] },
  {
    name: 'well compressed, in small packs, pruned by restic',
    args: ['--compression', 'max', '--pack-size', '4'],
    prepare: pruneByRestic,
  },
  { name: 'with several keys', args: ['--no-extra-verify'], prepare: addKeys },
  { name: 'of format 1', args: [], version: 1, prepare: upgrade },
]

describe('what restic wrote, Coffre restores, checks, extends and prunes', { concurrency: 2 }, () => {
  for (const [number, variation] of variations.entries()) {
    test(`a repository ${variation.name}`, () => proveVariation(variation, seed + number))
  }
})

async function proveVariation(variation: Variation, seed: number): Promise<void> {
  await using vault = await resticMadeVault({ seed, ...(variation.version === undefined ? {} : { version: variation.version }) })
  await using hand = new TreeProcess()
  const tree = await GeneratedTree.create(vault.path('tree'), hand, new SeededRandom(seed), { sizesBytes: [9 * mib] })
  const restores = async (by: 'coffre' | 'restic', when: string): Promise<void> => {
    for (const snapshot of snapshots) await assertRestores(vault, hand, snapshot, tree.folder, by, `${snapshot.id} ${when}`)
  }
  const snapshots = await resticSnapshots(vault, tree, hand, variation.args)
  await variation.prepare?.(vault, snapshots, () => restores('coffre', 'before anything else'))
  await coffreCheck(vault)
  await restores('coffre', 'as restic left it')
  for (let i = 0; i < 2; i++) {
    await tree.mutate(20)
    const expected = await hand.describe(tree.folder)
    const { snapshotId, counts } = await coffreBackup(vault, [tree.folder])
    assert.ok(
      counts.dataAdded < counts.totalBytesProcessed / 2,
      `Coffre stored ${counts.dataAdded} bytes, most of which restic had stored already`,
    )
    snapshots.push({ id: snapshotId, expected })
  }
  await coffreForget(
    vault,
    snapshots.splice(0, 1).map(({ id }) => id),
  )
  await coffrePrune(vault, { maxUnused: parseUnusedLimit('0') })
  await coffreCheck(vault)
  await restores('coffre', 'after a prune by Coffre')
  await vault.restic(['check', '--read-data'])
  await restores('restic', 'after a prune by Coffre')
  assert.deepEqual(await vault.resticLines(['list', 'locks', '--no-lock']), [])
}

async function resticSnapshots(
  vault: ResticVault,
  tree: GeneratedTree,
  hand: TreeProcess,
  args: readonly string[],
): Promise<KnownSnapshot[]> {
  const snapshots: KnownSnapshot[] = []
  for (let i = 0; i < 3; i++) {
    if (i > 0) await tree.mutate(20)
    const expected = await hand.describe(tree.folder)
    const lines = await vault.resticLines(['backup', tree.folder, '--host', 'interop', '--tag', 'a,b', ...args])
    const { snapshot_id: id } = JSON.parse(lines.at(-1) ?? '') as { readonly snapshot_id: string }
    snapshots.push({ id, expected })
  }
  return snapshots
}

async function pruneByRestic(vault: ResticVault, snapshots: KnownSnapshot[]): Promise<void> {
  const forgotten = snapshots.splice(1, 1).map(({ id }) => id)
  await vault.restic(['forget', '--prune', '--max-unused', '0', '--repack-small', '--pack-size', '4', ...forgotten])
}

/** Each program makes a key that the other opens; restic removes its own again, since it costs half a second in each call. */
async function addKeys(vault: ResticVault): Promise<void> {
  const file = vault.path('new-password')
  await writeFile(file, 'second é\n')
  await vault.restic(['key', 'add', '--new-password-file', file, '--host', 'elsewhere', '--user', 'somebody'])
  const { backend, masterKey, context } = await vault.open()
  const third = await addKeyFile(backend, masterKey, Buffer.from('third'), context, vault.signal)
  const second = (await vault.open({ password: 'second é' })).keyId
  assert.equal((await vault.open({ password: 'third' })).keyId, third)
  await assert.rejects(vault.open({ password: 'fourth' }), { code: 'repository.password' })
  await vault.restic(['key', 'remove', second], { RESTIC_PASSWORD: 'third' })
  await assert.rejects(vault.open({ password: 'second é' }), { code: 'repository.password' })
}

async function upgrade(vault: ResticVault, snapshots: readonly KnownSnapshot[], restores: () => Promise<void>): Promise<void> {
  await coffreCheck(vault)
  await restores()
  await assert.rejects(coffreBackup(vault, [vault.source]), { code: 'repository.format-old' })
  await assert.rejects(coffrePrune(vault), { code: 'repository.format-old' })
  assert.equal((await coffreSnapshots(vault)).length, snapshots.length)
  await upgradeRepository(await vault.open(), vault.signal)
}
