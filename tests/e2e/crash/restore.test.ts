import assert from 'node:assert/strict'
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { CoffreError } from '@coffre/foundation'
import {
  BlobReader,
  findFolder,
  type LocalFiles,
  loadIndex,
  openLocalFiles,
  Repository,
  type RestoreCounts,
  Restorer,
  type StoredSnapshot,
} from '@coffre/repository'
import { type Backend, MemoryBackend } from '@coffre/storage'
import { RepositoryFixture, temporaryFolder } from '@coffre/testkit'
import { FileSystemError } from '../../../packages/repository/src/local/file-system-error.ts'
import { CountingLoads } from './counting-loads.ts'
import { stoppingFiles } from './stopping-files.ts'

const signal = new AbortController().signal

class Stopped extends Error {}

/** A file of several blobs, small ones, an empty one, a link, nested folders. */
async function exampleVault(): Promise<{ readonly fixture: RepositoryFixture; readonly snapshot: StoredSnapshot }> {
  const fixture = await RepositoryFixture.create()
  await fixture.write({
    'a/large': fixture.noise(3_000_000, 1),
    'a/small': 'small',
    'b/c/inner': 'inner',
    'b/empty': '',
    'again': 'small',
  })
  symlinkSync('a/small', join(fixture.source, 'link'))
  return { fixture, snapshot: await fixture.snapshot({}, { packBytes: 4 * 1024 * 1024 }) }
}

async function restoreTo(
  fixture: RepositoryFixture,
  snapshot: StoredSnapshot,
  target: string,
  files: LocalFiles,
  options: { readonly overwrite?: 'always' | 'if-changed'; readonly backend?: Backend } = {},
): Promise<RestoreCounts> {
  const { config, masterKey, keyId, context, backend } = fixture.repository
  const repository = new Repository(options.backend ?? backend, { ...context, files }, config, masterKey, keyId)
  const index = await loadIndex(repository, {}, signal)
  const tree = await findFolder(new BlobReader(repository, index), snapshot.tree, fixture.source, signal)
  const restore = {
    select: () => ({ selected: true, childMayBeSelected: true }),
    selectAttribute: () => true,
    overwrite: options.overwrite ?? 'always',
    removeOthers: false,
    sparse: false,
    dryRun: false,
    verify: false,
    onError: () => undefined,
  } as const
  return await Restorer.restore(repository, index, tree, target, restore, signal)
}

/** Everything below a folder that a restore has to bring back. */
function listing(folder: string, below = ''): Record<string, unknown> {
  const found: Record<string, unknown> = {}
  for (const name of readdirSync(join(folder, below)).sort()) {
    const place = join(below, name)
    const status = lstatSync(join(folder, place), { bigint: true })
    const content = status.isFile()
      ? readFileSync(join(folder, place)).toString('base64')
      : status.isSymbolicLink()
        ? readlinkSync(join(folder, place))
        : ''
    found[place] = [Number(status.mode), status.mtimeNs.toString(), content]
    if (status.isDirectory()) Object.assign(found, listing(folder, place))
  }
  return found
}

/** What the target is like before: nothing there, or older content in the way, among it a folder where a file belongs. */
const beginnings: Readonly<Record<string, (target: string) => void>> = {
  'nothing': () => undefined,
  'other content': (target) => {
    mkdirSync(join(target, 'a/small'), { recursive: true })
    mkdirSync(join(target, 'b'), { recursive: true })
    writeFileSync(join(target, 'a/large'), Buffer.alloc(2_000_000, 'old'))
    writeFileSync(join(target, 'again'), 'a longer text than it was')
    writeFileSync(join(target, 'link'), 'no link')
  },
}

for (const [beginning, prepare] of Object.entries(beginnings)) {
  test(`a restore over ${beginning} that is stopped between any two file operations is completed by the next one`, async () => {
    const { fixture, snapshot } = await exampleVault()
    await using _fixture = fixture
    await using folder = await temporaryFolder()
    const wanted = listing(fixture.source)
    const before = fixture.backend.operations.length
    const inner = openLocalFiles()
    const target = (): string => {
      const place = join(folder.path, 'target')
      rmSync(place, { recursive: true, force: true })
      mkdirSync(place)
      prepare(place)
      return place
    }
    const whole = stoppingFiles(inner, () => undefined)
    const undisturbed = target()
    assert.equal((await restoreTo(fixture, snapshot, undisturbed, whole.files)).errors, 0)
    assert.deepEqual(listing(undisturbed), wanted)
    assert.ok(whole.count() > 20, `${whole.count()} operations`)

    for (let stop = 0; stop < whole.count(); stop++) {
      for (const overwrite of ['always', 'if-changed'] as const) {
        const dead = target()
        const stopping = stoppingFiles(inner, (operation) => {
          if (operation >= stop) throw new Stopped(`stopped at ${operation}`)
        })
        await assert.rejects(restoreTo(fixture, snapshot, dead, stopping.files), Stopped)
        assert.equal((await restoreTo(fixture, snapshot, dead, inner, { overwrite })).errors, 0, `stopped at ${stop}`)
        assert.deepEqual(listing(dead), wanted, `stopped at ${stop}`)
      }
    }
    assert.equal(fixture.backend.operations.length, before)
  })

  test(`a file operation that fails during a restore over ${beginning} is reported, and the rest arrives`, async () => {
    const { fixture, snapshot } = await exampleVault()
    await using _fixture = fixture
    await using folder = await temporaryFolder()
    const wanted = listing(fixture.source)
    const inner = openLocalFiles()
    let reported = 0
    for (let fault = 0; ; fault++) {
      const place = join(folder.path, String(fault))
      mkdirSync(place)
      prepare(place)
      let failed = ''
      const failing = stoppingFiles(inner, (operation, path) => {
        if (operation !== fault) return
        failed = path
        throw new FileSystemError('open for writing', path, 'ENOSPC')
      })
      const outcome = await restoreTo(fixture, snapshot, place, failing.files).catch((error: unknown) => error)
      if (failed === '') break
      reported++
      const errors = outcome instanceof Error ? 1 : (outcome as RestoreCounts).errors
      assert.ok(errors > 0, `nobody was told that operation ${fault} failed, on ${failed}`)
      if (outcome instanceof Error) assert.ok(outcome instanceof CoffreError || outcome instanceof FileSystemError, String(outcome))
      else {
        const found = listing(place)
        const harmed = failed.startsWith(`${place}/`) ? failed.slice(place.length + 1).split('/') : []
        for (const [name, entry] of Object.entries(wanted)) {
          const isConcerned = harmed.length === 0 || name.split('/')[0] === harmed[0]
          if (!isConcerned) assert.deepEqual(found[name], entry, `operation ${fault} on ${failed} spoiled ${name}`)
        }
      }
      assert.equal((await restoreTo(fixture, snapshot, place, inner)).errors, 0)
      assert.deepEqual(listing(place), wanted, `operation ${fault} on ${failed}`)
      rmSync(place, { recursive: true })
    }
    assert.ok(reported > 20, `${reported} failures`)
  })
}

test('whichever load fails for good, a restore says so, and what it wrote is right', async () => {
  const { fixture, snapshot } = await exampleVault()
  await using _fixture = fixture
  await using folder = await temporaryFolder()
  const wanted = listing(fixture.source)
  for (let fault = 0; ; fault++) {
    const place = join(folder.path, String(fault))
    mkdirSync(place)
    const backend = new CountingLoads(new MemoryBackend({ files: fixture.backend.files() }), fault)
    const outcome = await restoreTo(fixture, snapshot, place, openLocalFiles(), { backend }).catch((error: unknown) => error)
    const isClean = !(outcome instanceof Error) && (outcome as RestoreCounts).errors === 0
    if (isClean) assert.deepEqual(listing(place), wanted, `load ${fault}`)
    if (outcome instanceof Error) assert.ok(outcome instanceof CoffreError, String(outcome))
    assert.equal((await restoreTo(fixture, snapshot, place, openLocalFiles())).errors, 0)
    assert.deepEqual(listing(place), wanted, `load ${fault}`)
    if (!backend.hasFailed) {
      assert.ok(isClean && fault > 4, `${fault} loads`)
      return
    }
  }
})
