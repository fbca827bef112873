import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, linkSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { bytesOf } from '@coffre/foundation'
import { ResticVault, SeededRandom, testSeed } from '@coffre/testkit'
import type { Id } from '../format/node.ts'
import type { RepositoryIndex } from '../index/repository-index.ts'
import { BlobReader } from '../repository/blob-reader.ts'
import { loadIndex } from '../repository/load-index.ts'
import type { Repository } from '../repository/repository.ts'
import { listSnapshots } from '../snapshots/snapshots.ts'
import { type ArchiveFormat, dump, findDumpTarget } from './dump.ts'

const longName = `${'long '.repeat(50)}é`

for (const version of [1, 2] as const) {
  let vault: ResticVault
  let repository: Repository
  let index: RepositoryIndex
  let tree: Id

  before(async () => {
    vault = await ResticVault.create({ version })
    const random = new SeededRandom(testSeed(`dump.restic, format ${version}`))
    fillSource(vault.source, random)
    await vault.restic(['backup', '.'])
    repository = await vault.open()
    index = await loadIndex(repository, {}, vault.signal)
    const [snapshot] = await listSnapshots(repository, vault.signal)
    tree = snapshot?.tree ?? ''
  })
  after(() => vault[Symbol.asyncDispose]())

  async function dumped(path: string, format: ArchiveFormat = 'tar'): Promise<Buffer> {
    const target = await findDumpTarget(new BlobReader(repository, index), tree, path, vault.signal)
    return Buffer.concat(await Array.fromAsync(dump(repository, index, target, format, vault.signal)))
  }

  test(`format ${version}: a file is dumped as restic dumps it`, async () => {
    for (const path of ['/large', 'sub/same', '/empty file', '/zeros']) {
      assert.ok((await dumped(path)).equals(await vault.restic(['dump', 'latest', path])), path)
    }
  })

  test(`format ${version}: what is neither a file nor a folder is refused`, async () => {
    await assert.rejects(dumped('/nothing'), { code: 'snapshot.path-missing' })
    await assert.rejects(dumped('/link'), { code: 'snapshot.path-missing' })
    await assert.rejects(dumped('/large/x'), { code: 'snapshot.path-missing' })
  })

  for (const folder of ['/', '/sub']) {
    test(`format ${version}: GNU tar unpacks what restic restores, ${folder}`, async () => {
      const expected = vault.path(`restored${folder.replace('/', '-')}`)
      await vault.restic(['restore', 'latest', '--target', expected])
      writeFileSync(vault.path('archive.tar'), await dumped(folder))
      const unpacked = vault.path(`unpacked${folder.replace('/', '-')}`)
      mkdirSync(unpacked)
      execFileSync('tar', ['--extract', '--preserve-permissions', '--file', vault.path('archive.tar'), '--directory', unpacked])
      const part = (root: string): string => (folder === '/' ? root : join(root, folder))
      assert.deepEqual(listing(part(unpacked)), listing(part(expected)))
    })
  }

  test(`format ${version}: the names and sizes in a tar are restic's`, async () => {
    const names = (archive: Buffer): string =>
      execFileSync('tar', ['--list', '--file', '-'], { input: archive, maxBuffer: 1 << 26 }).toString()
    assert.equal(names(await dumped('/')), names(await vault.restic(['dump', 'latest', '/'])))
    assert.equal(names(await dumped('/sub')), names(await vault.restic(['dump', 'latest', '/sub'])))
  })

  test(`format ${version}: a zip holds what restic's holds`, async () => {
    for (const path of ['/', '/sub']) {
      writeFileSync(vault.path('own.zip'), await dumped(path, 'zip'))
      writeFileSync(vault.path('restic.zip'), await vault.restic(['dump', '--archive', 'zip', 'latest', path]))
      assert.deepEqual(zipContents(vault.path('own.zip')), zipContents(vault.path('restic.zip')))
    }
  })
}

function fillSource(source: string, random: SeededRandom): void {
  mkdirSync(join(source, 'sub/deep'), { recursive: true })
  mkdirSync(join(source, 'no files'))
  writeFileSync(join(source, 'large'), random.bytes(20_000_000))
  writeFileSync(join(source, 'zeros'), Buffer.alloc(40_000_000))
  writeFileSync(join(source, 'empty file'), '')
  writeFileSync(join(source, 'sub/same'), 'the same')
  writeFileSync(join(source, 'sub/deep/é ü'), 'text')
  writeFileSync(join(source, 'sub/new\nline'), 'text')
  for (let i = 0; i < 50; i++) writeFileSync(join(source, `sub/deep/file ${i}`), random.bytes(i * 37))
  writeFileSync(bytesOf(`${source}/bad\udcff`), 'not UTF-8')
  mkdirSync(join(source, longName))
  writeFileSync(join(source, longName, longName), 'long')
  symlinkSync(`${longName}/${longName}`, join(source, 'link to long'))
  symlinkSync('sub/same', join(source, 'link'))
  symlinkSync(bytesOf('bad\udcff'), join(source, 'sub/link to bad'))
  linkSync(join(source, 'large'), join(source, 'sub/hard link'))
  chmodSync(join(source, 'sub/same'), 0o6711)
  chmodSync(join(source, 'sub/deep'), 0o1750)
  utimesSync(join(source, 'sub/same'), 1, 1234567890.123456)
  utimesSync(join(source, 'empty file'), 1, -12.25)
}

/** Everything that a restored tree has, links apart, as tar copies what has several. */
function listing(folder: string): string[] {
  const output = execFileSync('find', ['.', '-mindepth', '1', '-printf', '%P|%y|%m|%T@|%l|%u:%g|%s\\n'], {
    cwd: folder,
    encoding: 'latin1',
  })
  const lines = output.split('\n').map((line) => (line.includes('|d|') ? line.replace(/\|\d+$/, '') : line))
  const sums = execFileSync('sh', ['-c', 'find . -type f -exec sha256sum -z {} +'], { cwd: folder, encoding: 'latin1' }).split('\0')
  return [...lines, ...sums].sort()
}

/** What Python's reader, which knows nothing of ours, finds in a zip. */
function zipContents(path: string): unknown {
  const script = `
import hashlib, json, sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
print(json.dumps([[i.filename, i.date_time, i.external_attr, i.file_size,
  hashlib.sha256(archive.read(i)).hexdigest()] for i in archive.infolist()]))`
  return JSON.parse(execFileSync('python3', ['-c', script, path], { maxBuffer: 1 << 26 }).toString())
}
