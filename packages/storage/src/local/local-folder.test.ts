import assert from 'node:assert/strict'
import { chmod, mkdir, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { CoffreError, systemContext } from '@coffre/foundation'
import { FakeClock, fakeContext, temporaryFolder } from '@coffre/testkit'
import type { FileHandle } from '../backend.ts'
import { pathOf } from '../layout.ts'
import { fileSystemError } from './file-system-error.ts'
import { LocalBackend } from './local-backend.ts'

const signal = new AbortController().signal
const config: FileHandle = { type: 'config', name: '' }
const pack: FileHandle = { type: 'pack', name: 'ab'.repeat(32) }
const state: FileHandle = { type: 'state', name: 'deep/a/1' }
const journal: FileHandle = { type: 'journal', name: 'a/1' }
const body = [Uint8Array.of(1, 2, 3)]

async function modeOf(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o7777).toString(8)
}

test('files and folders are for their owner only, as those of restic', async () => {
  await using folder = await temporaryFolder()
  const vault = join(folder.path, 'deep/vault')
  const backend = new LocalBackend(vault, systemContext)
  await backend.create(signal)
  assert.equal((await readdir(join(vault, 'data'))).length, 256)
  assert.deepEqual((await readdir(vault)).sort(), ['coffre', 'data', 'index', 'keys', 'locks', 'snapshots'])
  for (const file of [config, pack, state]) {
    await backend.save(file, body, { ifAbsent: file === config }, signal)
    assert.equal(await modeOf(join(vault, pathOf(file))), '400')
  }
  for (const path of ['', 'data', 'data/ab', 'keys', 'coffre', 'coffre/deep/a'])
    assert.equal(await modeOf(join(vault, path)), '700', path)
})

test('what the group may read of a vault, it may read of new files', async () => {
  await using folder = await temporaryFolder()
  await new LocalBackend(folder.path, systemContext).save(config, body, {}, signal)
  await chmod(join(folder.path, 'config'), 0o440)
  await new LocalBackend(folder.path, systemContext).save(pack, body, {}, signal)
  assert.equal(await modeOf(join(folder.path, pathOf(pack))), '440')
  assert.equal((await stat(join(folder.path, 'data'))).mode & 0o050, 0o050)
})

test('a missing folder is made again, but never the vault itself', async () => {
  await using folder = await temporaryFolder()
  const vault = join(folder.path, 'vault')
  const backend = new LocalBackend(vault, systemContext)
  await backend.create(signal)
  await rm(join(vault, 'data'), { recursive: true })
  await backend.save(pack, body, {}, signal)
  await backend.flush(signal)
  assert.deepEqual(await backend.load(pack, undefined, signal), body[0])
  await rm(vault, { recursive: true })
  await assert.rejects(backend.save(pack, body, {}, signal), { code: 'storage.missing' })
  assert.deepEqual(await readdir(folder.path), [])
  assert.deepEqual(await Array.fromAsync(backend.list('pack', signal)), [])
  await backend.flush(signal)
})

test('a save that fails or is aborted leaves no temporary file', async () => {
  await using folder = await temporaryFolder()
  const backend = new LocalBackend(folder.path, systemContext)
  await backend.save(config, body, {}, signal)
  await assert.rejects(backend.save(config, body, { ifAbsent: true }, signal), { code: 'storage.exists' })
  const abort = new AbortController()
  const save = backend.save(config, [new Uint8Array(64 << 20)], {}, abort.signal)
  setImmediate(() => abort.abort())
  await assert.rejects(save, { code: 'interrupted' })
  await mkdir(join(folder.path, pathOf(pack)), { recursive: true })
  await assert.rejects(backend.save(pack, body, {}, signal), { name: 'CoffreError' })
  assert.deepEqual((await readdir(folder.path)).sort(), ['config', 'data'])
  assert.deepEqual(await readdir(join(folder.path, 'data/ab')), [pack.name])
})

test('a claim of another writer keeps out only creators, and only without hard links', async () => {
  await using folder = await temporaryFolder()
  const backend = new LocalBackend(folder.path, systemContext, { hardLinks: false })
  await writeFile(join(folder.path, 'config-tmp-claim'), '')
  await assert.rejects(backend.save(config, body, { ifAbsent: true }, signal), { code: 'storage.unavailable' })
  await backend.save(config, body, {}, signal)
  assert.deepEqual((await readdir(folder.path)).sort(), ['config', 'config-tmp-claim'])
})

test('leftovers are removed from everywhere once they are old, and nothing else', async () => {
  await using folder = await temporaryFolder()
  const clock = new FakeClock({ startMs: systemContext.clock.nowMs() })
  const backend = new LocalBackend(folder.path, { ...fakeContext(), clock })
  await backend.create(signal)
  for (const file of [config, pack, state, journal]) await backend.save(file, body, {}, signal)
  const hour = 3600
  const old = [
    'config-tmp-0a',
    `data/ab/${pack.name}-tmp-123456789`,
    `locks/${pack.name}-tmp-ff`,
    'coffre/journal/a/2-tmp-0f',
    'coffre/deep/a/2-tmp-0f',
    'keys/x-tmp-claim',
  ]
  const kept = ['other-tmp-1', 'notes-tmp-x.txt', `index/${pack.name}-tmp-1`]
  for (const path of [...old, ...kept]) await writeFile(join(folder.path, path), 'half')
  const seconds = clock.nowMs() / 1000 - 2 * hour
  for (const path of [...old, ...kept.slice(0, 2), pathOf(pack)]) await utimes(join(folder.path, path), seconds, seconds)
  assert.equal(await backend.removeLeftovers(hour * 1000, signal), old.length)
  for (const path of kept) await stat(join(folder.path, path))
  for (const path of old) await assert.rejects(stat(join(folder.path, path)), { code: 'ENOENT' })
  for (const file of [config, pack, state]) assert.deepEqual(await backend.load(file, undefined, signal), body[0])
  clock.advance(2 * hour * 1000)
  assert.equal(await backend.removeLeftovers(hour * 1000, signal), 1)
})

test('failures of the file system have codes and hints, errors of other kinds pass', () => {
  const codes = {
    ENOSPC: 'storage.no-space',
    EDQUOT: 'storage.no-space',
    EACCES: 'storage.permission',
    EPERM: 'storage.permission',
    EROFS: 'storage.permission',
    ENOENT: 'storage.missing',
    ENOTDIR: 'storage.missing',
    EISDIR: 'storage.missing',
    EIO: 'storage.unavailable',
    ESTALE: 'storage.unavailable',
  }
  for (const [errno, code] of Object.entries(codes)) {
    const cause = Object.assign(new Error(errno), { code: errno, syscall: 'write' })
    const error = fileSystemError(cause, 'save /vault/config')
    assert.ok(error instanceof CoffreError)
    assert.equal(error.code, code)
    assert.equal(error.cause, cause)
    assert.match(error.message, new RegExp(`^cannot save /vault/config: .*\\(${errno}\\)$`))
    assert.ok(error.hint)
  }
  const bug = new TypeError('x')
  assert.equal(fileSystemError(bug, 'save'), bug)
})

test('where a file system takes no folders, a vault is refused, and not tried for ever', async () => {
  const backend = new LocalBackend('/proc/none/vault', fakeContext())
  await assert.rejects(backend.create(new AbortController().signal), { code: 'storage.missing' })
})
