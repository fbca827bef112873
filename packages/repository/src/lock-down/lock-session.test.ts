import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dayMs, hourMs, minuteMs } from '@coffre/foundation'
import { LockingMemoryBackend, MemoryBackend, type ObjectLock } from '@coffre/storage'
import {
  FakeClock,
  fixtureContext,
  fixturePassword,
  lockedBackup,
  lockedFixture,
  RepositoryFixture,
  type SourceFiles,
  storedLocks,
} from '@coffre/testkit'
import { checkRepository } from '../check/check-repository.ts'
import { loadIndex } from '../repository/load-index.ts'
import { initRepository } from '../repository/open-repository.ts'
import { listSnapshots, loadSnapshot } from '../snapshots/snapshots.ts'
import { appendState } from '../state/append-state.ts'
import { recordKnown } from '../state/known-files.ts'
import { loadVaultState } from '../state/load-vault-state.ts'
import { heldAt, ledgerKey } from '../state/vault-state.ts'
import { LockSession } from './lock-session.ts'
import { quantumMs, retainUntilMs } from './lock-term.ts'
import { packsOf } from './refer-trees.ts'
import { verifyLocks } from './verify-locks.ts'

const signal = new AbortController().signal
const policy = { mode: 'governance', days: 30, daysMax: 60 } as const
const password = Buffer.from(fixturePassword)

type LockedFixture = Awaited<ReturnType<typeof lockedFixture>>

/** Each file's earliest end of retention, by type. */
async function endsOf(fixture: LockedFixture): Promise<ReadonlyMap<string, number>> {
  const ends = new Map<string, number>()
  for (const { version, retention } of await storedLocks(fixture.backend.objectLock, signal)) {
    const key = `${version.type}/${version.name}`
    ends.set(key, Math.min(ends.get(key) ?? Number.POSITIVE_INFINITY, retention?.until.getTime() ?? 0))
  }
  return ends
}

/** Files that fill about as many packs. */
function manyFiles(fixture: LockedFixture, count: number): SourceFiles {
  return Object.fromEntries(
    Array.from({ length: count }, (_, number) => [`many/${number}.bin`, fixture.noise(60_000, 100 + number)]),
  )
}

/** The names of the files whose retention was extended while `action` ran. */
async function extendedBy(lock: ObjectLock, action: () => Promise<unknown>): Promise<string[]> {
  const names: string[] = []
  const extend = lock.extend.bind(lock)
  lock.extend = async (file, versionId, retention, extendSignal) => {
    await extend(file, versionId, retention, extendSignal)
    names.push(`${file.type}/${file.name}`)
  }
  await action()
  lock.extend = extend
  return names
}

async function packsOfSnapshot(fixture: LockedFixture, snapshot: string): Promise<Set<string>> {
  const index = await loadIndex(fixture.repository, {}, signal)
  const json = JSON.parse((await fixture.repository.loadUnpacked('snapshot', snapshot, signal)).toString()) as {
    readonly tree: string
  }
  return packsOf(fixture.repository, index, [json.tree], signal)
}

test('after a commit everything that the point needs is locked until its end, and the index no longer than its packs', async () => {
  await using fixture = await lockedFixture()
  const id = await lockedBackup(fixture, { 'a.bin': fixture.noise(300_000, 1), 'b.txt': 'b' })
  const state = await loadVaultState(fixture.repository, signal)
  const lockUntilMs = state.points.get(id) ?? 0
  assert.equal(lockUntilMs, fixture.context.clock.nowMs() + 30 * dayMs)
  const ends = await endsOf(fixture)
  const packEnds = [...ends].filter(([file]) => file.startsWith('pack/')).map(([, end]) => end)
  assert.ok(packEnds.length > 2)
  for (const [file, end] of ends) {
    assert.ok(end <= lockUntilMs + 2 * quantumMs(policy), file)
    if (file.startsWith('index/')) assert.ok(end <= Math.min(...packEnds), file)
    else assert.ok(end >= lockUntilMs, `${file} until ${new Date(end).toISOString()}`)
  }
  const types = new Set([...ends.keys()].map((file) => file.slice(0, file.indexOf('/'))))
  assert.deepEqual([...types].sort(), ['config', 'index', 'key', 'pack', 'snapshot', 'state'])
  assert.deepEqual([...heldAt(state, lockUntilMs - 1).snapshots], [id])
  assert.equal(heldAt(state, lockUntilMs - 1).packs.size, packEnds.length)
  assert.equal(heldAt(state, lockUntilMs + 3 * quantumMs(policy)).packs.size, 0)
})

test('nothing can be removed before the end of its lock, and all of it afterwards', async () => {
  await using fixture = await lockedFixture()
  await lockedBackup(fixture, { 'a.bin': fixture.noise(100_000, 1) })
  const lock = fixture.backend.objectLock
  const locks = await storedLocks(lock, signal)
  const first = Math.min(...locks.map(({ retention }) => retention?.until.getTime() ?? 0))
  fixture.context.clock.advance(first - fixture.context.clock.nowMs() - 1)
  for (const { version } of locks)
    await assert.rejects(lock.removeVersion(version, version.versionId, signal), { code: 'storage.locked' })
  fixture.context.clock.advance(31 * dayMs)
  for (const { version } of locks) await lock.removeVersion(version, version.versionId, signal)
})

test('daily backups of data that stays extend each pack once a quantum, and never let it lapse', async () => {
  await using fixture = await lockedFixture()
  await fixture.write(manyFiles(fixture, 16))
  const extensions = new Map<string, number>()
  const days = 60
  for (let day = 0; day < days; day++) {
    let id = ''
    for (const file of await extendedBy(fixture.backend.objectLock, async () => {
      id = await lockedBackup(fixture, { 'daily.txt': `day ${day}` })
    })) {
      if (file.startsWith('pack/')) extensions.set(file, (extensions.get(file) ?? 0) + 1)
    }
    const ends = await endsOf(fixture)
    const lockUntilMs = fixture.context.clock.nowMs() + 30 * dayMs
    for (const pack of await packsOfSnapshot(fixture, id)) assert.ok((ends.get(`pack/${pack}`) ?? 0) >= lockUntilMs, `day ${day}`)
    for (const key of ['config/', `key/${fixture.repository.keyId}`, `snapshot/${id}`])
      assert.ok((ends.get(key) ?? 0) >= lockUntilMs, `${key} on day ${day}`)
    const state = await loadVaultState(fixture.repository, signal)
    for (const [file, end] of ends) {
      const counts = file.startsWith('state/') && (file === 'state/format' || Number(file.slice(12)) >= state.base)
      if (counts) assert.ok(end >= lockUntilMs, `${file} on day ${day}, base ${state.base}`)
    }
    fixture.context.clock.advance(dayMs)
  }
  const most = Math.ceil((days * dayMs) / quantumMs(policy)) + 1
  for (const [file, count] of extensions) assert.ok(count <= most, `${file} was extended ${count} times`)
  assert.ok(extensions.size > 10)
})

test('a second backup within the quantum asks the store to extend nothing', async () => {
  await using fixture = await lockedFixture()
  // So that the quantum does not end between the two.
  const quantum = quantumMs(policy)
  const nowMs = fixture.context.clock.nowMs()
  fixture.context.clock.advance(quantum - ((nowMs + 30 * dayMs) % quantum) + 1000)
  await lockedBackup(fixture, { 'a.bin': fixture.noise(300_000, 1) })
  fixture.context.clock.advance(hourMs)
  assert.deepEqual(await extendedBy(fixture.backend.objectLock, () => lockedBackup(fixture)), [])
})

test('packs that no snapshot of the session refers to are left to expire', async () => {
  await using fixture = await lockedFixture()
  const first = await lockedBackup(fixture, { 'old.bin': fixture.noise(300_000, 1) })
  const old = await packsOfSnapshot(fixture, first)
  const before = await endsOf(fixture)
  fixture.context.clock.advance(25 * dayMs)
  const second = await lockedBackup(fixture, { 'old.bin': undefined, 'new.bin': fixture.noise(300_000, 2) })
  const used = await packsOfSnapshot(fixture, second)
  const after = await endsOf(fixture)
  const unused = [...old].filter((pack) => !used.has(pack))
  assert.ok(unused.length > 1)
  for (const pack of unused) assert.equal(after.get(`pack/${pack}`), before.get(`pack/${pack}`))
})

test('a file that is unchanged since the parent is extended although its content is not read', async () => {
  await using fixture = await lockedFixture()
  const first = await lockedBackup(fixture, { 'a.bin': fixture.noise(300_000, 1) })
  const [parent] = await listSnapshots(fixture.repository, signal)
  assert.equal(parent?.id, first)
  fixture.context.clock.advance(29 * dayMs)
  const second = await lockedBackup(fixture, {}, { backup: { parent } })
  const lockUntilMs = fixture.context.clock.nowMs() + 30 * dayMs
  const ends = await endsOf(fixture)
  for (const pack of await packsOfSnapshot(fixture, second)) assert.ok((ends.get(`pack/${pack}`) ?? 0) >= lockUntilMs)
})

test('what another program stored without a lock is locked once a point refers to it', async () => {
  await using fixture = await lockedFixture()
  await fixture.snapshot(manyFiles(fixture, 6))
  assert.ok([...(await endsOf(fixture))].some(([file, end]) => file.startsWith('pack/') && end === 0))
  const id = await lockedBackup(fixture)
  const ends = await endsOf(fixture)
  const packs = await packsOfSnapshot(fixture, id)
  assert.ok(packs.size > 3)
  for (const pack of packs) assert.ok((ends.get(`pack/${pack}`) ?? 0) >= fixture.context.clock.nowMs() + 30 * dayMs)
})

test('of two copies of a blob the one that is locked longest is referred to', async () => {
  await using fixture = await lockedFixture()
  const index = await loadIndex(fixture.repository, {}, signal)
  const blob = Buffer.alloc(32, 7)
  const packs = ['aa', 'bb', 'cc'].map((name) => name.repeat(32))
  for (const pack of packs)
    index.blobs.add(blob, 0, false, { pack: index.packNumber(pack), offset: 0, sealedBytes: 40, rawBytes: 0 })
  index.trackReferences((pack) => (pack === packs[1] ? 5_000_000 : pack === packs[2] ? 120_000 : undefined))
  assert.equal(index.has(blob.toString('hex'), false), true)
  assert.equal(index.has('00'.repeat(32), false), false)
  assert.deepEqual([...index.referencedPacks()], [packs[1]])
  assert.ok(index.blobs.claim(blob, 0, false) >= 0)
  assert.deepEqual([...index.referencedPacks()], [packs[1]])
})

test('a point may be locked longer, and what opens the vault then is too', async () => {
  await using fixture = await lockedFixture()
  await lockedBackup(fixture, { 'a.bin': fixture.noise(100_000, 1) }, { lock: { days: 60 } })
  const farthestMs = fixture.context.clock.nowMs() + 60 * dayMs
  fixture.context.clock.advance(dayMs)
  await lockedBackup(fixture, { 'b.bin': fixture.noise(100_000, 2) })
  for (const [file, end] of await endsOf(fixture)) {
    if (/^(config|key|state)\//.test(file)) assert.ok(end >= farthestMs, file)
    assert.ok(end <= farthestMs + 2 * quantumMs(policy), file)
  }
  await assert.rejects(lockedBackup(fixture, {}, { lock: { days: 61 } }), { code: 'usage.invalid' })
})

test('clocks more than five minutes apart stop writing, before and at the commit', async () => {
  await using fixture = await lockedFixture()
  const { objectLock } = fixture.backend
  const storeTime = objectLock.storeTime.bind(objectLock)
  let skewMs = 0
  objectLock.storeTime = async (timeSignal) => new Date((await storeTime(timeSignal)).getTime() + skewMs)
  for (const minutes of [-6, 6]) {
    skewMs = minutes * minuteMs
    await assert.rejects(lockedBackup(fixture, { 'a.txt': 'a' }), { code: 'storage.clock-skew' })
  }
  skewMs = 4 * minuteMs
  await lockedBackup(fixture, { 'a.txt': 'a' })
  const index = await loadIndex(fixture.repository, {}, signal)
  const lock = await LockSession.open(fixture.repository, index, {}, signal)
  skewMs = 11 * minuteMs
  const snapshots = await fixture.repository.names('snapshot', signal)
  assert.ok(lock)
  await assert.rejects(fixture.backup({ lock }, fixture.repository, index), { code: 'storage.clock-skew' })
  assert.deepEqual(await fixture.repository.names('snapshot', signal), snapshots)
})

/** A store that takes retentions and forgets them. */
class ForgetfulBackend extends LockingMemoryBackend {
  override save(...[file, body, { retention: _retention, ...options }, saveSignal]: Parameters<LockingMemoryBackend['save']>) {
    return super.save(file, body, options, saveSignal)
  }
}

test('a store that does not keep retentions is found out before a point counts as locked', async () => {
  const clock = new FakeClock({ automatic: true })
  await using fixture = await RepositoryFixture.create({
    backend: new ForgetfulBackend({ ...fixtureContext(), clock }),
    clock,
    lock: policy,
  })
  await assert.rejects(lockedBackup(fixture, { 'a.txt': 'a' }), { code: 'storage.unsupported' })
  assert.equal((await loadVaultState(fixture.repository, signal)).points.size, 0)
})

test('a vault is locked only where the store can lock, and does not lock by itself', async () => {
  const init = { password, lock: policy }
  await assert.rejects(initRepository(new MemoryBackend(), fixtureContext(), init, signal), { code: 'storage.unsupported' })
  const clock = new FakeClock({ automatic: true })
  const backend = new LockingMemoryBackend({ ...fixtureContext(), clock })
  const context = { ...fixtureContext(), clock }
  backend.objectLock.defaultRetention = async () => ({ mode: 'governance', days: 7 })
  await assert.rejects(initRepository(backend, context, init, signal), {
    code: 'storage.unsupported',
    message: /7 days of governance/,
  })
  for (const lock of [
    { ...policy, days: 0 },
    { ...policy, days: 1.5 },
    { ...policy, daysMax: 29 },
  ]) {
    await assert.rejects(initRepository(backend, context, { password, lock }, signal), { code: 'usage.invalid' })
  }
  assert.deepEqual(await storedLocks(backend.objectLock, signal), [])
})

test('a vault without a policy is not locked, and a broken state lets nobody write under lock', async () => {
  await using plain = await RepositoryFixture.create()
  assert.equal(await LockSession.open(plain.repository, await loadIndex(plain.repository, {}, signal), {}, signal), undefined)
  await using fixture = await lockedFixture()
  fixture.backend.plant('coffre/state/00000003', Buffer.from('junk'))
  await assert.rejects(lockedBackup(fixture, { 'a.txt': 'a' }), { code: 'repository.state-broken' })
})

test('verification by version id finds locks that are shorter, weaker or gone', async () => {
  await using fixture = await lockedFixture()
  await lockedBackup(fixture, manyFiles(fixture, 6))
  const state = await loadVaultState(fixture.repository, signal)
  const sound = await verifyLocks(fixture.repository, state, 1000, signal)
  assert.deepEqual([sound.findings, sound.checked, sound.defaultRetention], [[], state.ledger.size, undefined])
  assert.equal((await verifyLocks(fixture.repository, state, 2, signal)).checked, 2)
  const { objectLock } = fixture.backend
  const retention = objectLock.retention.bind(objectLock)
  const [shorter, unlocked, gone] = [...state.ledger.values()].filter((entry) => entry.type === 'pack')
  assert.ok(shorter && unlocked && gone)
  objectLock.retention = async (file, versionId, askSignal) => {
    const found = await retention(file, versionId, askSignal)
    if (file.name === shorter.name && found !== undefined) return { ...found, until: new Date(found.until.getTime() - 1000) }
    return file.name === unlocked.name ? undefined : retention(file, file.name === gone.name ? 'v0' : versionId, askSignal)
  }
  const { findings } = await verifyLocks(fixture.repository, state, 1000, signal)
  const kinds = new Map(findings.map(({ file, kind }) => [file.name, kind]))
  assert.deepEqual(
    kinds,
    new Map([
      [shorter.name, 'shorter'],
      [unlocked.name, 'unlocked'],
      [gone.name, 'gone'],
    ]),
  )
})

test('a retention is never beyond the point by more than two quanta, whatever the state says', async () => {
  await using fixture = await lockedFixture()
  await appendState(fixture.repository, () => ({ kind: 'policy', lock: { mode: 'governance', days: 4, daysMax: 4 } }), signal)
  const id = await lockedBackup(fixture, { 'a.bin': fixture.noise(100_000, 1) })
  const lockUntilMs = (await loadVaultState(fixture.repository, signal)).points.get(id) ?? 0
  assert.equal(lockUntilMs, fixture.context.clock.nowMs() + 4 * dayMs)
  for (const [file, end] of await endsOf(fixture)) if (file.startsWith('pack/')) assert.ok(end <= lockUntilMs + 2 * dayMs)
  assert.ok(retainUntilMs(lockUntilMs, { ...policy, days: 4 }, 'ff'.repeat(32)) <= lockUntilMs + 2 * dayMs)
})

test('a snapshot of a tree that is there already is locked like any other', async () => {
  await using fixture = await lockedFixture()
  const first = await lockedBackup(fixture, manyFiles(fixture, 5))
  fixture.context.clock.advance(29 * dayMs)
  const index = await loadIndex(fixture.repository, { trustOnlyListedPacks: true }, signal)
  const lock = await LockSession.open(fixture.repository, index, {}, signal)
  const { id: _id, ...snapshot } = await loadSnapshot(fixture.repository, first, signal)
  const second = await lock?.commit({ ...snapshot, tags: ['again'] }, signal)
  const ends = await endsOf(fixture)
  const lockUntilMs = fixture.context.clock.nowMs() + 30 * dayMs
  const packs = await packsOfSnapshot(fixture, first)
  assert.ok(packs.size >= 5)
  for (const pack of packs) assert.ok((ends.get(`pack/${pack}`) ?? 0) >= lockUntilMs)
  assert.ok((ends.get(`snapshot/${second}`) ?? 0) >= lockUntilMs)
})

test('what was stored and removed is known, where the vault has a state', async () => {
  await using plain = await RepositoryFixture.create()
  const ghost = { type: 'snapshot', name: '00'.repeat(32) } as const
  assert.equal((await recordKnown(plain.repository, { added: [ghost] }, signal)).head, undefined)
  await using fixture = await lockedFixture()
  const id = await lockedBackup(fixture, { 'a.txt': 'a' })
  const { known } = await loadVaultState(fixture.repository, signal)
  assert.deepEqual([[...known.snapshots], [...known.keys]], [[id], [fixture.repository.keyId]])
  const messages: string[] = []
  const check = {
    known: (await recordKnown(fixture.repository, { added: [ghost] }, signal)).known,
    onFinding: ({ message }: { message: string }) => messages.push(message),
  }
  await checkRepository(fixture.repository, check, signal)
  assert.deepEqual(messages, [`snapshot ${ghost.name} is gone`])
  const pack = [...(await loadVaultState(fixture.repository, signal)).ledger.values()].find((file) => file.type === 'pack')
  assert.ok(pack)
  const { ledger, retired, points } = await recordKnown(
    fixture.repository,
    { removed: [ghost, { type: 'snapshot', name: id }, pack] },
    signal,
  )
  assert.deepEqual([ledger.has(ledgerKey(pack)), points.size, [...retired].sort()], [false, 0, [ghost.name, id].sort()])
})

test('a snapshot of a tree that is not whole is not committed as locked', async () => {
  await using fixture = await lockedFixture()
  const first = await lockedBackup(fixture, { 'a.bin': fixture.noise(60_000, 1) })
  const { id: _id, ...snapshot } = await loadSnapshot(fixture.repository, first, signal)
  const whole = await loadIndex(fixture.repository, {}, signal)
  const data = [...whole.packs.numbers()].filter((pack) =>
    Array.from({ length: whole.blobs.count }, (_, entry) => entry).some(
      (entry) => whole.blobs.packOf(entry) === pack && !whole.blobs.isTree(entry),
    ),
  )
  const index = await loadIndex(fixture.repository, { withoutPacks: new Set(data.map((pack) => whole.packs.id(pack))) }, signal)
  const lock = await LockSession.open(fixture.repository, index, {}, signal)
  assert.ok(lock)
  await assert.rejects(lock.commit(snapshot, signal), { code: 'blob.missing' })
  assert.equal((await fixture.repository.names('snapshot', signal)).length, 1)
})
