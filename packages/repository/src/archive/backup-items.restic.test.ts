import assert from 'node:assert/strict'
import { lstat, readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  describeItems,
  fileItem,
  folderItem,
  type ItemDescription,
  ResticVault,
  SeededRandom,
  symlinkItem,
  testSeed,
} from '@coffre/testkit'
import type { Node } from '../format/node.ts'
import { BlobReader } from '../repository/blob-reader.ts'
import { loadIndex } from '../repository/load-index.ts'
import { readItems } from '../restore/read-items.ts'
import { Restorer } from '../restore/restorer.ts'
import { contentCutOf } from '../state/format-marker.ts'
import type { ArchiveItem, StoredEntry } from './archive-item.ts'
import { backupDefaults } from './backup-defaults.ts'
import { backupItems } from './backup-items.ts'
import { layOutPoint } from './point-layout.ts'

const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }

/** An engine's data: small files, large ones cut in pages, folders that are come back to. */
async function* engineItems(seed: number): AsyncGenerator<ArchiveItem> {
  const random = new SeededRandom(seed)
  const large = random.bytes(9_000_000)
  yield folderItem('global', owner)
  yield fileItem('global/1262', random.bytes(8192), { metadata: owner, cut: 'fixed' })
  yield folderItem('base', { ...owner, modifiedMs: 1_600_000_000_123 })
  for (let number = 0; number < 700; number++) {
    yield fileItem(`base/${number}`, random.bytes(random.integer(3000)), { metadata: { ...owner, mode: 0o640 }, chunkBytes: 512 })
  }
  yield fileItem('base/large', large, { metadata: owner, cut: 'fixed' })
  yield fileItem('base/dump', Buffer.concat([large, large]), { metadata: owner, chunkBytes: 100_000 })
  yield { ...symlinkItem('latest', 'base/large'), metadata: { mode: 0o777, modifiedMs: 0, ...owner } }
  yield fileItem('global/pg_control', 'at the end', { metadata: owner })
}

async function* takenOver(nodes: readonly Node[]): AsyncGenerator<ArchiveItem | StoredEntry> {
  yield folderItem('again', owner)
  for (const node of nodes) yield { kind: 'stored', path: `again/${node.name}`, node }
}

/** What lies below a folder, read without Coffre. */
async function describeFolder(folder: string, below = ''): Promise<ItemDescription[]> {
  const found: ItemDescription[] = []
  const names = (await readdir(join(folder, below))).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  for (const name of names) {
    const path = below === '' ? name : `${below}/${name}`
    const status = await lstat(join(folder, path))
    const metadata = { mode: status.mode & 0o7777, modifiedMs: status.mtimeMs, uid: status.uid, gid: status.gid }
    if (status.isSymbolicLink()) found.push({ kind: 'symlink', path, metadata, target: await readlink(join(folder, path)) })
    else if (status.isFile()) found.push({ kind: 'file', path, metadata, content: await readFile(join(folder, path)) })
    else found.push({ kind: 'folder', path, metadata }, ...(await describeFolder(folder, path)))
  }
  return found
}

for (const workers of [0, 2]) {
  test(`what is stored of items, restic checks and restores, and so does Coffre, with ${workers} threads`, async () => {
    await using vault = await ResticVault.create({ workers })
    const { signal } = vault
    const seed = testSeed('backup-items.restic')
    const repository = await vault.open()
    const contentCut = await contentCutOf(repository, signal)
    const options = { ...backupDefaults(vault.context), contentCut, paths: ['/shop'], tags: ['coffre:source=shop'] }
    const layout = {
      folder: 'data',
      metadata: { mode: 0o700, modifiedMs: 1_700_000_000_000, ...owner },
      manifest: async () => Buffer.from('{}'),
    }
    const written = await loadIndex(repository, { trustOnlyListedPacks: true }, signal)
    const first = await backupItems(repository, written, layOutPoint(engineItems(seed), layout), options, signal)
    assert.ok(first.snapshotId)
    await vault.restic(['check', '--read-data'])
    const [line = ''] = await vault.resticLines(['snapshots', '--tag', 'coffre:source=shop', '--path', '/shop'])
    const [listed] = JSON.parse(line)
    assert.equal(listed.id, first.snapshotId)
    assert.equal(listed.summary.total_files_processed, 705)

    await vault.restic(['restore', first.snapshotId, '--target', vault.path('by-restic')])
    const index = await loadIndex(repository, {}, signal)
    const everything = {
      select: () => ({ selected: true, childMayBeSelected: true }),
      selectAttribute: () => true,
      overwrite: 'always' as const,
      removeOthers: false,
      sparse: false,
      dryRun: false,
      verify: true,
      onError(path: string, error: unknown) {
        throw new Error(path, { cause: error })
      },
    }
    await Restorer.restore(repository, index, first.tree, vault.path('by-coffre'), everything, signal)
    const byItems = await describeItems(readItems(repository, index, first, '', signal))
    assert.deepEqual(byItems, await describeFolder(vault.path('by-restic')))
    assert.deepEqual(byItems, await describeFolder(vault.path('by-coffre')))
    const given = (await describeItems(engineItems(seed))).map((item) => ({ ...item, path: `data/${item.path}` }))
    assert.deepEqual(new Set(byItems.map(({ path }) => path)), new Set(['coffre.json', 'data', ...given.map(({ path }) => path)]))
    const byPath = new Map(byItems.map((item) => [item.path, item]))
    for (const item of given) assert.deepEqual(byPath.get(item.path), item)

    const again = await loadIndex(repository, { trustOnlyListedPacks: true }, signal)
    const second = await backupItems(repository, again, layOutPoint(engineItems(seed), layout), options, signal)
    assert.deepEqual([second.tree, second.counts.dataAdded], [first.tree, 0])

    const nodes = await new BlobReader(repository, again).tree(first.tree, signal)
    const third = await backupItems(repository, again, takenOver(nodes), options, signal)
    await vault.restic(['check', '--read-data'])
    await vault.restic(['restore', `${third.snapshotId}:/again/data`, '--target', vault.path('taken-over')])
    const expected = (await describeItems(engineItems(seed))).map(({ path }) => path)
    assert.deepEqual(new Set((await describeFolder(vault.path('taken-over'))).map(({ path }) => path)), new Set(expected))
  })
}
