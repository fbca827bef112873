import assert from 'node:assert/strict'
import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { ResticVault, SeededRandom } from '@coffre/testkit'
import { repairIndex } from '../repair/repair-index.ts'
import { repairPacks } from '../repair/repair-packs.ts'
import { repairSnapshots } from '../repair/repair-snapshots.ts'
import { type CheckResult, checkRepository } from './check-repository.ts'

async function vaultOfRestic(): Promise<ResticVault> {
  const vault = await ResticVault.create()
  const random = new SeededRandom(3)
  await mkdir(join(vault.source, 'folder'))
  for (let file = 0; file < 8; file++) await writeFile(join(vault.source, 'folder', `f${file}`), random.bytes(300_000))
  await vault.restic(['backup', '--quiet', '--compression', 'off', '.'])
  await writeFile(join(vault.source, 'folder', 'f0'), 'words '.repeat(20_000))
  await vault.restic(['backup', '--quiet', '.'])
  return vault
}

async function check(vault: ResticVault): Promise<CheckResult> {
  return checkRepository(await vault.open(), { readData: 'all' }, vault.signal)
}

async function files(vault: ResticVault, folder: string): Promise<string[]> {
  const entries = await readdir(join(vault.location, folder), { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

async function change(path: string, how: (bytes: Buffer) => Uint8Array): Promise<void> {
  const bytes = await readFile(path)
  await chmod(path, 0o600)
  await writeFile(path, how(bytes))
}

async function resticSays(vault: ResticVault): Promise<boolean> {
  return vault.restic(['check', '--read-data', '--quiet']).then(
    () => true,
    () => false,
  )
}

test('what stock restic wrote is in order, before and after its own prune', async () => {
  await using vault = await vaultOfRestic()
  const before = await check(vault)
  assert.deepEqual([before.errors, before.warnings, before.notes], [0, 0, 0])
  await vault.restic(['forget', '--quiet', '--keep-last', '1', '--prune', '--max-unused', '0'])
  const after = await check(vault)
  assert.deepEqual([after.errors, after.warnings, after.notes], [0, 0, 0])
  assert.equal(after.usedBlobs, after.blobs)
})

test('damage that stock restic finds is found, and the same packs are called broken', async () => {
  await using vault = await vaultOfRestic()
  const packs = await files(vault, 'data')
  for (const path of packs) {
    await rename(path, `${path}.kept`)
    for (const how of [(bytes: Buffer) => bytes.subarray(0, bytes.length - 50), (bytes: Buffer) => bytes.fill(0, 40, 80)]) {
      await writeFile(path, how(Buffer.from(await readFile(`${path}.kept`))))
      const ours = await check(vault)
      const output = await vault.restic(['check', '--read-data', '--json']).catch((error: { stdout: Buffer }) => error.stdout)
      const summary = JSON.parse(output.toString().trim().split('\n').at(-1) ?? '{}') as { broken_packs: string[] | null }
      assert.deepEqual(ours.brokenPacks, summary.broken_packs)
      assert.ok(ours.errors > 0)
    }
    await rm(path)
    await rename(`${path}.kept`, path)
  }
})

test('stock restic is content with a repository after each kind of repair', async () => {
  await using vault = await vaultOfRestic()
  for (const path of await files(vault, 'index')) await rm(path)
  assert.ok(!(await resticSays(vault)))
  await repairIndex(await vault.open(), {}, vault.signal)
  assert.ok(await resticSays(vault))

  const [pack = ''] = await files(vault, 'data')
  // Within the first blob, however small the pack is that comes first.
  await change(pack, (bytes) => bytes.fill(~(bytes[40] ?? 0), 40, 41))
  assert.ok(!(await resticSays(vault)))
  const { brokenPacks } = await check(vault)
  assert.deepEqual(brokenPacks, [pack.slice(pack.lastIndexOf('/') + 1)])
  await repairPacks(await vault.open(), brokenPacks, {}, vault.signal)
  const repaired = await repairSnapshots(await vault.open(), { forget: true }, vault.signal)
  assert.ok(repaired.length > 0)
  assert.ok(await resticSays(vault))
  await vault.restic(['prune', '--quiet'])
  assert.equal((await check(vault)).errors, 0)
})

test('broken snapshots become what stock restic makes of them', async () => {
  const trees: string[][] = []
  for (const repair of ['coffre', 'restic']) {
    await using vault = await vaultOfRestic()
    const sizes = await Promise.all(
      (await files(vault, 'data')).map(async (path) => [path, (await readFile(path)).length] as const),
    )
    const [largest] = sizes.toSorted((a, b) => b[1] - a[1])
    await rm(largest?.[0] ?? '')
    if (repair === 'coffre') {
      await repairIndex(await vault.open(), {}, vault.signal)
      await repairSnapshots(await vault.open(), { forget: true }, vault.signal)
    } else {
      await vault.restic(['repair', 'index', '--quiet'])
      await vault.restic(['repair', 'snapshots', '--forget', '--quiet'])
    }
    const entries = (await vault.resticLines(['ls', 'latest'])).map(
      (line) => JSON.parse(line) as { path?: string; type?: string; size?: number },
    )
    const inFolder = entries.filter(({ path }) => path?.includes('/folder'))
    trees.push(inFolder.map(({ path = '', type, size }) => `${path.slice(path.indexOf('/folder'))} ${type} ${size ?? 0}`))
  }
  assert.ok((trees[0]?.length ?? 0) > 5)
  assert.deepEqual(trees[0], trees[1])
})
