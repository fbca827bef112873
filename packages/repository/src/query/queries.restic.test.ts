import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { linkSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { ResticVault, SeededRandom, testSeed } from '@coffre/testkit'
import type { StoredSnapshot } from '../format/snapshot.ts'
import type { RepositoryIndex } from '../index/repository-index.ts'
import { BlobReader } from '../repository/blob-reader.ts'
import { loadIndex } from '../repository/load-index.ts'
import type { Repository } from '../repository/repository.ts'
import { listSnapshots } from '../snapshots/snapshots.ts'
import { findFolder } from '../walk/find-folder.ts'
import { findSnapshot } from '../walk/find-snapshots.ts'
import { catBlob, catConfig, catIndex, catKey, catMasterKey, catPack, catSnapshot, catTree } from './cat.ts'
import { changeToJson, diff, diffStatisticsToJson } from './diff.ts'
import { type FindOptions, findEntries, foundEntriesToJson } from './find-entries.ts'
import { blobsOfPacks, findObjects, foundObjectsToJson, type WantedObjects } from './find-objects.ts'
import { type LsOptions, ls, lsItemToJson, lsSnapshotToJson } from './ls.ts'
import { nodeLine } from './node-line.ts'
import { stats, statsToJson } from './stats.ts'

for (const version of [1, 2] as const) {
  let vault: ResticVault
  let repository: Repository
  let index: RepositoryIndex
  let reader: BlobReader
  let snapshots: StoredSnapshot[]

  before(async () => {
    vault = await ResticVault.create({ version })
    const random = new SeededRandom(testSeed(`queries.restic, format ${version}`))
    fillSource(vault.source, random)
    await vault.restic(['backup', '.', '--host', 'one', '--tag', 'first'])
    changeSource(vault.source, random)
    await vault.restic(['backup', '.', '--host', 'two'])
    repository = await vault.open()
    index = await loadIndex(repository, {}, vault.signal)
    reader = new BlobReader(repository, index)
    snapshots = await listSnapshots(repository, vault.signal)
  })
  after(() => vault[Symbol.asyncDispose]())

  async function listed(place: string, options: Partial<LsOptions>): Promise<string[]> {
    const { snapshot, subfolder } = await findSnapshot(repository, place, {}, vault.signal)
    const root = await findFolder(reader, snapshot.tree, subfolder, vault.signal)
    const all: LsOptions = { folders: [], recursive: false, sort: 'name', reverse: false, ...options }
    const items = await Array.fromAsync(ls(reader, root, all, vault.signal))
    return [lsSnapshotToJson(snapshot, root), ...items.map(lsItemToJson)]
  }

  test(`format ${version}: ls lists what restic lists, byte for byte`, async () => {
    assert.deepEqual(await listed('latest', {}), await vault.resticLines(['--no-lock', 'ls', 'latest']))
    assert.deepEqual(await listed('latest:sub', {}), await vault.resticLines(['--no-lock', 'ls', 'latest:sub']))
    for (const sort of ['size', 'mtime', 'atime', 'ctime', 'extension'] as const) {
      assert.deepEqual(
        await listed('latest', { sort }),
        await vault.resticLines(['--no-lock', 'ls', 'latest', '--sort', sort]),
        sort,
      )
    }
    assert.deepEqual(await listed('latest', { reverse: true }), await vault.resticLines(['--no-lock', 'ls', 'latest', '--reverse']))
    for (const folders of [['/sub'], ['/sub/deep/', '/empty'], ['/'], ['/nothing']]) {
      assert.deepEqual(await listed('latest', { folders }), await vault.resticLines(['--no-lock', 'ls', 'latest', ...folders]))
      assert.deepEqual(
        await listed('latest', { folders, recursive: true }),
        await vault.resticLines(['--no-lock', 'ls', '--recursive', 'latest', ...folders]),
      )
    }
  })

  test(`format ${version}: the long form is restic's`, async () => {
    const tree = (await findSnapshot(repository, 'latest', {}, vault.signal)).snapshot.tree
    const options: LsOptions = { folders: [], recursive: false, sort: 'name', reverse: false }
    for (const human of [false, true]) {
      const lines = await Array.fromAsync(ls(reader, tree, options, vault.signal), ({ path, node }) => nodeLine(path, node, human))
      const printed = await vault.restic(['--no-lock', 'ls', '--quiet', '--long', ...(human ? ['--human-readable'] : []), 'latest'])
      assert.deepEqual(Buffer.from(`${lines.join('\n')}\n`.replaceAll('\udcff', '\ufffd')), Buffer.from(printed.toString()))
    }
  })

  test(`format ${version}: diff says and counts what restic does`, async () => {
    const [one, two] = snapshots
    assert.ok(one !== undefined && two !== undefined)
    for (const [a, b, metadata] of [
      [one, two, false],
      [one, two, true],
      [two, one, true],
      [one, one, true],
    ] as const) {
      const lines: string[] = []
      const onError = (path: string, error: unknown): never => assert.fail(`${path}: ${error}`)
      const options = {
        metadata,
        onChange: (change: Parameters<typeof changeToJson>[0]) => lines.push(changeToJson(change)),
        onError,
      }
      const statistics = await diff(reader, index, a.tree, b.tree, options, vault.signal)
      lines.push(diffStatisticsToJson(statistics, a.id, b.id))
      assert.deepEqual(lines, await vault.resticLines(['--no-lock', 'diff', ...(metadata ? ['--metadata'] : []), a.id, b.id]))
    }
  })

  test(`format ${version}: find finds entries as restic does`, async () => {
    const fail = (_snapshot: unknown, tree: string, error: unknown): never => assert.fail(`${tree}: ${error}`)
    const newestFirst = snapshots.toReversed()
    const cases: (readonly [args: string[], options: Partial<FindOptions>])[] = [
      [['same'], {}],
      [['*same', '/new/**'], {}],
      [['SAME'], { ignoreCase: true }],
      [['nowhere'], {}],
      [['/sub/deep'], {}],
      [['*'], { newest: { seconds: 1e9, nanoseconds: 0 } }],
      [['*'], { oldest: { seconds: 1e9, nanoseconds: 0 } }],
    ]
    for (const [patterns, options] of cases) {
      const all = { patterns, ignoreCase: false, onUnreadable: fail, ...options }
      const pieces = await Array.fromAsync(foundEntriesToJson(findEntries(reader, newestFirst, all, vault.signal)))
      const times = [
        ...(options.newest ? ['--newest', '2001-09-09 01:46:40'] : []),
        ...(options.oldest ? ['--oldest', '2001-09-09 01:46:40'] : []),
      ]
      const args = ['find', '--json', ...(options.ignoreCase ? ['--ignore-case'] : []), ...times, ...patterns]
      assert.equal(pieces.join(''), (await vault.restic(['--no-lock', ...args], { TZ: 'UTC' })).toString(), patterns.join(' '))
    }
  })

  test(`format ${version}: find finds blobs, trees and packs as restic does`, async () => {
    const newestFirst = snapshots.toReversed()
    const fail = (_snapshot: unknown, tree: string, error: unknown): never => assert.fail(`${tree}: ${error}`)
    const item = await Array.fromAsync(
      findEntries(reader, newestFirst, { patterns: ['/random'], ignoreCase: false, onUnreadable: fail }, vault.signal),
    )
    const deep = await findFolder(reader, newestFirst[0]?.tree ?? '', 'sub/deep/deeper', vault.signal)
    const blob = item[0]?.node.content?.at(-1) ?? ''
    const pack = index.find(blob, false)[0]?.packId ?? ''
    const cases: (readonly [args: string[], wanted: WantedObjects])[] = [
      [['--blob', blob], { blobs: [blob], trees: [] }],
      [['--blob', blob.slice(0, 8)], { blobs: [blob.slice(0, 8)], trees: [] }],
      [['--tree', deep], { blobs: [], trees: [deep] }],
      [['--tree', newestFirst[0]?.tree ?? ''], { blobs: [], trees: [newestFirst[0]?.tree ?? ''] }],
      [['--pack', pack], { blobs: blobsOfPacks(index, [pack]), trees: [] }],
    ]
    for (const [args, wanted] of cases) {
      const pieces = await Array.fromAsync(foundObjectsToJson(findObjects(reader, newestFirst, wanted, fail, vault.signal)))
      assert.equal(pieces.join(''), (await vault.restic(['--no-lock', 'find', '--json', ...args])).toString(), args.join(' '))
    }
  })

  test(`format ${version}: stats counts what restic counts`, async () => {
    for (const mode of ['restore-size', 'files-by-contents', 'blobs-per-file', 'raw-data'] as const) {
      for (const chosen of [snapshots, snapshots.slice(1)]) {
        const counted = await stats(reader, index, repository.config.version, chosen, mode, vault.signal)
        const ids = chosen.length === snapshots.length ? [] : chosen.map(({ id }) => id)
        assert.deepEqual([statsToJson(counted)], await vault.resticLines(['--no-lock', 'stats', '--mode', mode, ...ids]), mode)
      }
    }
  })

  test(`format ${version}: cat shows what restic shows`, async () => {
    const [one] = snapshots
    assert.ok(one !== undefined)
    const { signal } = vault
    const shown = async (...args: string[]): Promise<Buffer> => vault.restic(['--no-lock', 'cat', '--quiet', ...args])
    const [indexName = ''] = await repository.names('index', signal)
    const [packName = ''] = await repository.names('pack', signal)
    const file = await Array.fromAsync(
      ls(reader, one.tree, { folders: ['/random'], recursive: false, sort: 'name', reverse: false }, signal),
    )
    const blob = file[0]?.node.content?.[0] ?? ''
    assert.equal(`${catConfig(repository)}\n`, (await shown('config')).toString())
    assert.equal(`${catMasterKey(repository)}\n`, (await shown('masterkey')).toString())
    assert.equal(`${await catKey(repository, repository.keyId, signal)}\n`, (await shown('key', repository.keyId)).toString())
    assert.equal(`${await catSnapshot(repository, one.id.slice(0, 10), signal)}\n`, (await shown('snapshot', one.id)).toString())
    assert.equal(`${await catIndex(repository, indexName, signal)}\n`, (await shown('index', indexName)).toString())
    assert.deepEqual(Buffer.from(await catPack(repository, packName, () => assert.fail(), signal)), await shown('pack', packName))
    assert.deepEqual(await catBlob(reader, index, blob, signal), await shown('blob', blob))
    assert.deepEqual(await catBlob(reader, index, one.tree, signal), await shown('blob', one.tree))
    assert.deepEqual(await catTree(repository, reader, `${one.id}:sub`, signal), await shown('tree', `${one.id}:sub`))
  })
}

function fillSource(source: string, random: SeededRandom): void {
  mkdirSync(join(source, 'sub/deep/deeper'), { recursive: true })
  mkdirSync(join(source, 'empty'))
  mkdirSync(join(source, 'gone/inner'), { recursive: true })
  mkdirSync(join(source, 'twice'))
  writeFileSync(join(source, 'random'), random.bytes(3_000_000))
  writeFileSync(join(source, 'zeros.bin'), Buffer.alloc(2_000_000))
  writeFileSync(join(source, 'sub/same'), 'the same')
  writeFileSync(join(source, 'twice/same'), 'the same')
  writeFileSync(join(source, 'sub/deep/a.tar.gz'), random.bytes(5000))
  writeFileSync(join(source, 'sub/deep/deeper/x'), 'x')
  writeFileSync(join(source, 'gone/inner/file'), random.bytes(70_000))
  writeFileSync(join(source, 'kind'), 'a file at first')
  writeFileSync(join(source, 'nothing.txt'), '')
  writeFileSync(join(source, 'quote"<&>\n'), 'q')
  writeFileSync(Buffer.concat([Buffer.from(`${source}/bad`), Buffer.of(0xff)]), 'not UTF-8')
  symlinkSync('sub/same', join(source, 'link'))
  linkSync(join(source, 'random'), join(source, 'sub/hard link'))
  execFileSync('mkfifo', ['-m', '600', join(source, 'fifo')])
  execFileSync('chmod', ['6755', join(source, 'sub/same')])
  utimesSync(join(source, 'sub/same'), 1234567890.5, 1e9)
}

function changeSource(source: string, random: SeededRandom): void {
  rmSync(join(source, 'gone'), { recursive: true })
  rmSync(join(source, 'kind'))
  mkdirSync(join(source, 'kind'))
  mkdirSync(join(source, 'new/inner'), { recursive: true })
  writeFileSync(join(source, 'kind/now'), 'a folder now')
  writeFileSync(join(source, 'new/inner/file'), random.bytes(1_500_000))
  writeFileSync(join(source, 'sub/deep/a.tar.gz'), random.bytes(6000))
  utimesSync(join(source, 'sub/deep/deeper/x'), 5, 6)
}
