import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CoffreError, minuteMs } from '@coffre/foundation'
import { MemoryBackend, type MemoryOperation, type Verdict } from '@coffre/storage'
import { FakeClock, RepositoryFixture } from '@coffre/testkit'
import { Repository } from '../repository/repository.ts'
import { saveSnapshot } from '../snapshots/snapshots.ts'
import type { RepositoryLock } from './held-lock.ts'
import { listLocks, removeLocks } from './lock-files.ts'
import { lockRepository } from './repository-lock.ts'

const signal = new AbortController().signal

interface Stage {
  readonly clock: FakeClock
  readonly backend: MemoryBackend
  readonly repository: Repository
}

/** A repository on a clock that the test moves, and a store that does what the test says. */
async function stageOf(decide?: (operation: MemoryOperation) => Verdict): Promise<Stage> {
  await using fixture = await RepositoryFixture.create()
  const { config, masterKey, keyId, context } = fixture.repository
  const clock = new FakeClock()
  const backend = new MemoryBackend({ files: fixture.backend.files(), ...(decide === undefined ? {} : { decide }) })
  return { clock, backend, repository: new Repository(backend, { ...context, clock }, config, masterKey, keyId) }
}

function lockFiles(backend: MemoryBackend): string[] {
  return [...backend.files().keys()].filter((path) => path.startsWith('locks/'))
}

/** Lets everything happen that waits for nothing but promises. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
}

async function passes({ clock }: Stage, byMs: number): Promise<void> {
  await settled()
  clock.advance(byMs)
  await settled()
}

async function taken(stage: Stage): Promise<RepositoryLock> {
  const lock = await lockRepository(stage.repository, { exclusive: false }, signal)
  await passes(stage, 200)
  await lock.confirmed
  return lock
}

const snapshot = { time: '2026-01-01T00:00:00Z', tree: '0'.repeat(64), paths: ['/x'] }

test('a lock is refreshed every five minutes and leaves no file behind', async () => {
  const stage = await stageOf()
  const lock = await taken(stage)
  const [first] = lockFiles(stage.backend)
  await passes(stage, 5 * minuteMs)
  const [second, ...others] = lockFiles(stage.backend)
  assert.deepEqual([others.length, second === first, lock.signal.aborted], [0, false, false])
  await lock[Symbol.asyncDispose]()
  assert.deepEqual(lockFiles(stage.backend), [])
})

test('a process that was suspended for too long commits nothing, before any timer of it had its turn', async () => {
  const stage = await stageOf()
  const lock = await taken(stage)
  await settled()
  // The machine slept: the wall clock went on, the monotonic one did not.
  stage.clock.skewMs = 23 * minuteMs
  await assert.rejects(saveSnapshot(stage.repository, snapshot, signal), { code: 'repository.lease-lost' })
  assert.ok(lock.signal.aborted)
  await lock[Symbol.asyncDispose]()
  assert.deepEqual(lockFiles(stage.backend), [])
  // Without a lock nothing is guarded: who takes none answers for it.
  await saveSnapshot(stage.repository, snapshot, signal)
})

test('a lock that somebody removed is not made anew, and its work ends', async () => {
  const stage = await stageOf()
  const lock = await taken(stage)
  assert.equal(await removeLocks(stage.repository, true, signal), 1)
  await passes(stage, 5 * minuteMs)
  assert.ok(lock.signal.aborted)
  assert.match(String(lock.signal.reason), /somebody removed the lock/)
  assert.deepEqual(lockFiles(stage.backend), [])
  await lock[Symbol.asyncDispose]()
})

test('the work ends after 22 minutes without a refresh, and what may have been stored meanwhile is removed', async () => {
  let isDown = false
  const stage = await stageOf((operation) => {
    if (!isDown || operation.kind !== 'save') return { effect: 'applied' }
    return { effect: 'applied', error: new CoffreError('storage.unavailable', 'the answer was lost') }
  })
  const lock = await taken(stage)
  isDown = true
  for (let minute = 0; minute < 21; minute++) await passes(stage, minuteMs)
  assert.equal(lock.signal.aborted, false)
  for (let minute = 0; minute < 2; minute++) await passes(stage, minuteMs)
  assert.ok(lock.signal.aborted)
  assert.ok(lockFiles(stage.backend).length > 1)
  await lock[Symbol.asyncDispose]()
  assert.deepEqual(lockFiles(stage.backend), [])
})

test('a lock whose first save fails without an answer is removed again', async () => {
  const stage = await stageOf((operation) => {
    if (operation.kind !== 'save') return { effect: 'applied' }
    return { effect: 'applied', error: new CoffreError('storage.unavailable', 'the answer was lost') }
  })
  await assert.rejects(lockRepository(stage.repository, { exclusive: false }, signal), { code: 'storage.unavailable' })
  assert.deepEqual(lockFiles(stage.backend), [])
})

test('an empty lock file stands for nobody; one that is damaged otherwise may', async () => {
  const stage = await stageOf()
  stage.backend.plant(`locks/${'a'.repeat(64)}`, new Uint8Array())
  assert.deepEqual(await listLocks(stage.repository, signal), [])
  stage.backend.plant(`locks/${'b'.repeat(64)}`, Uint8Array.of(1, 2, 3))
  const refused = (error: CoffreError): boolean => error.message.includes('b'.repeat(64)) && /--remove-all/.test(error.hint ?? '')
  await assert.rejects(lockRepository(stage.repository, { exclusive: true }, signal), refused)
  assert.equal(await removeLocks(stage.repository, true, signal), 2)
})
