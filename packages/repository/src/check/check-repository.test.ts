import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { MemoryBackend, type StoredFiles } from '@coffre/storage'
import { RepositoryFixture } from '@coffre/testkit'
import { encodeLock } from '../format/lock-codec.ts'
import { Repository } from '../repository/repository.ts'
import { type CheckOptions, checkRepository } from './check-repository.ts'
import type { Finding } from './finding.ts'

const all: CheckOptions = { readData: 'all' }
const signal = new AbortController().signal

async function findingsOf(repository: Repository, options: CheckOptions = all): Promise<Finding[]> {
  const findings: Finding[] = []
  const result = await checkRepository(repository, { ...options, onFinding: (finding) => findings.push(finding) }, signal)
  assert.equal(result.errors, findings.filter(({ severity }) => severity === 'error').length)
  return findings
}

async function exampleRepository(): Promise<RepositoryFixture> {
  const fixture = await RepositoryFixture.create()
  await fixture.snapshot({ 'a/one.bin': fixture.noise(150_000, 1), 'a/two.txt': 'two', 'b/three.txt': 'three' })
  await fixture.snapshot({ 'b/four.bin': fixture.noise(90_000, 4), 'a/two.txt': 'not two' })
  return fixture
}

function pathsOf(files: StoredFiles, folder: string): string[] {
  return [...files.keys()].filter((path) => path.startsWith(folder)).sort()
}

test('a sound repository gives nothing to report, with and without reading data', async () => {
  await using fixture = await exampleRepository()
  const result = await checkRepository(fixture.repository, all, signal)
  assert.deepEqual([result.errors, result.warnings, result.notes], [0, 0, 0])
  assert.equal(result.packsRead, result.packs)
  assert.equal(result.usedBlobs, result.blobs)
  assert.equal(
    result.bytesRead,
    pathsOf(fixture.backend.files(), 'data/').reduce((sum, path) => sum + (fixture.backend.files().get(path)?.length ?? 0), 0),
  )
  assert.deepEqual(await findingsOf(fixture.repository, {}), [])
})

test('a check changes nothing', async () => {
  await using fixture = await exampleRepository()
  const before = fixture.backend.operations.length
  await checkRepository(fixture.repository, all, signal)
  assert.equal(fixture.backend.operations.length, before)
})

const damages: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array>> = {
  'cut to half': (bytes) => bytes.subarray(0, bytes.length >> 1),
  'cut by one byte': (bytes) => bytes.subarray(0, bytes.length - 1),
  'emptied': () => new Uint8Array(0),
  'zeroed': (bytes) => new Uint8Array(bytes.length),
  'longer by one byte': (bytes) => Uint8Array.from([...bytes, 7]),
  'flipped in its first bit': (bytes) => flipped(bytes, 0),
  'flipped in the middle': (bytes) => flipped(bytes, bytes.length >> 1),
  'flipped in its last byte': (bytes) => flipped(bytes, bytes.length - 1),
  'flipped in its last but forty': (bytes) => flipped(bytes, Math.max(0, bytes.length - 40)),
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.map((byte, position) => (position === at ? byte ^ 1 : byte))
}

/** Whether a finding names the file at `path` as an error. */
function names(findings: readonly Finding[], path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1)
  return findings.some(({ severity, file, message }) => {
    if (severity !== 'error') return false
    return path === 'config' ? file?.type === 'config' : file?.name === name && message.includes(name)
  })
}

test('every file that is damaged in any way is found and named', async () => {
  await using fixture = await exampleRepository()
  const lock = { time: '2026-01-01T00:00:00Z', exclusive: false, hostname: 'other', username: 'somebody', pid: 1, uid: 0, gid: 0 }
  await fixture.repository.saveUnpacked('lock', encodeLock(lock), signal)
  const files = fixture.backend.files()
  for (const folder of ['config', 'keys/', 'locks/', 'snapshots/', 'index/', 'data/'])
    assert.ok(pathsOf(files, folder).length > 0, folder)
  for (const [path, bytes] of files) {
    for (const [how, damage] of Object.entries(damages)) {
      for (const hashPacks of [true, false]) {
        const findings = await findingsOf(reopened(fixture, new Map(files).set(path, damage(bytes))), { ...all, hashPacks })
        assert.ok(names(findings, path), `${path} ${how}: ${JSON.stringify(findings)}`)
      }
    }
  }
})

test('two files that are swapped are both named', async () => {
  await using fixture = await exampleRepository()
  const files = fixture.backend.files()
  for (const folder of ['snapshots/', 'index/', 'data/']) {
    const paths = pathsOf(files, folder)
    for (const [number, path] of paths.entries()) {
      const other = paths[(number + 1) % paths.length] ?? path
      if (other === path) continue
      const swapped = new Map(files).set(path, files.get(other) ?? new Uint8Array()).set(other, files.get(path) ?? new Uint8Array())
      for (const hashPacks of [true, false]) {
        const findings = await findingsOf(reopened(fixture, swapped), { ...all, hashPacks })
        assert.ok(names(findings, path) && names(findings, other), `${path} and ${other}: ${JSON.stringify(findings)}`)
      }
    }
  }
})

test('a config of another repository is not taken for this one', async () => {
  await using fixture = await exampleRepository()
  await using stranger = await RepositoryFixture.create({ seed: 2 })
  const files = new Map(fixture.backend.files()).set('config', stranger.backend.files().get('config') ?? new Uint8Array())
  const findings = await findingsOf(reopened(fixture, files))
  assert.ok(names(findings, 'config'))
})

test('a deleted pack, index, config or key in use is found by itself', async () => {
  await using fixture = await exampleRepository()
  const files = fixture.backend.files()
  for (const path of [...pathsOf(files, 'data/'), 'config', ...pathsOf(files, 'keys/')]) {
    const without = new Map(files)
    without.delete(path)
    assert.ok(names(await findingsOf(reopened(fixture, without)), path), path)
  }
  for (const path of pathsOf(files, 'index/')) {
    const without = new Map(files)
    without.delete(path)
    const findings = await findingsOf(reopened(fixture, without))
    assert.ok(
      findings.some(({ kind, severity }) => kind === 'missing-blob' && severity === 'error'),
      path,
    )
    assert.ok(
      findings.some(({ kind }) => kind === 'orphan-pack'),
      path,
    )
  }
})

test('a deleted snapshot, key or lock is found where somebody kept count', async () => {
  await using fixture = await exampleRepository()
  const ghost = createHash('sha256').update('ghost').digest('hex')
  const known = { snapshots: new Set([ghost]), keys: new Set([ghost]), locks: new Set([ghost]) }
  const findings = await findingsOf(fixture.repository, { known })
  assert.deepEqual(
    findings.map(({ kind, file }) => [kind, file?.type, file?.name]),
    [
      ['missing-file', 'key', ghost],
      ['missing-file', 'lock', ghost],
      ['missing-file', 'snapshot', ghost],
    ],
  )
})

test('without reading data, a flipped bit in a data pack goes unseen and a cut pack does not', async () => {
  await using fixture = await exampleRepository()
  const files = fixture.backend.files()
  const [path = ''] = pathsOf(files, 'data/').filter((name) => (files.get(name)?.length ?? 0) > 50_000)
  const bytes = files.get(path) ?? new Uint8Array()
  assert.deepEqual(await findingsOf(reopened(fixture, new Map(files).set(path, flipped(bytes, 100))), {}), [])
  const cut = await findingsOf(reopened(fixture, new Map(files).set(path, bytes.subarray(1))), {})
  assert.deepEqual(
    cut.map(({ kind }) => kind),
    ['wrong-size'],
  )
})

test('packs that no index names are noted, and packs that several name', async () => {
  await using fixture = await exampleRepository()
  const name = createHash('sha256').update('orphan').digest('hex')
  fixture.backend.plant(`data/${name.slice(0, 2)}/${name}`, Buffer.from('orphan'))
  const index = pathsOf(fixture.backend.files(), 'index/')[0] ?? ''
  const json = await fixture.repository.loadUnpacked('index', index.slice(index.lastIndexOf('/') + 1), signal)
  await fixture.repository.saveUnpacked('index', json, signal)
  const result = await checkRepository(fixture.repository, all, signal)
  assert.deepEqual([result.errors, result.suggestPrune, result.suggestRepairIndex], [0, true, true])
  const kinds = new Set((await findingsOf(fixture.repository)).map(({ kind }) => kind))
  assert.deepEqual(kinds, new Set(['orphan-pack', 'repeated-pack']))
})

test('broken packs are listed for repair', async () => {
  await using fixture = await exampleRepository()
  const files = fixture.backend.files()
  const path = pathsOf(files, 'data/')[0] ?? ''
  const repository = reopened(fixture, new Map(files).set(path, flipped(files.get(path) ?? new Uint8Array(), 20)))
  assert.deepEqual((await checkRepository(repository, all, signal)).brokenPacks, [path.slice('data/aa/'.length)])
})

test('a pack that reads well the second time is told apart from damage', async () => {
  await using fixture = await exampleRepository()
  const backend = new FlickeringBackend({ files: fixture.backend.files() })
  const kinds = new Set((await findingsOf(await fixture.open(backend))).map(({ kind }) => kind))
  assert.deepEqual(kinds, new Set(['unsteady-read']))
})

test('progress counts up to all of it', async () => {
  await using fixture = await exampleRepository()
  const last = new Map<string, readonly [number, number]>()
  await checkRepository(fixture.repository, { ...all, onProgress: (phase, done, total) => last.set(phase, [done, total]) }, signal)
  assert.deepEqual([...last.keys()].sort(), ['index', 'packs', 'snapshots', 'trees'])
  for (const [done, total] of last.values()) assert.equal(done, total)
})

test('a cancelled check ends with the interruption', async () => {
  await using fixture = await exampleRepository()
  const stop = new AbortController()
  const running = checkRepository(
    fixture.repository,
    { ...all, onProgress: (phase) => phase === 'trees' && stop.abort() },
    stop.signal,
  )
  await assert.rejects(running, { code: 'interrupted' })
})

/** The first whole read of each pack has a bit wrong. */
class FlickeringBackend extends MemoryBackend {
  readonly #seen = new Set<string>()

  override async load(...parameters: Parameters<MemoryBackend['load']>): Promise<Uint8Array> {
    const bytes = await super.load(...parameters)
    const [file, range, , target] = parameters
    const isWhole = file.type === 'pack' && target !== undefined && range?.offset === 0
    if (isWhole && !this.#seen.has(file.name)) bytes[0] = (bytes[0] ?? 0) ^ 1
    if (isWhole) this.#seen.add(file.name)
    return bytes
  }
}

/** The repository as if it had been opened while it was sound. */
function reopened(fixture: RepositoryFixture, files: StoredFiles): Repository {
  const { config, masterKey, keyId, context } = fixture.repository
  return new Repository(new MemoryBackend({ files }), context, config, masterKey, keyId)
}
