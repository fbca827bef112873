import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CoffreError, minuteMs } from '@coffre/foundation'
import { lockRepository, Repository } from '@coffre/repository'
import { FakeClock, RepositoryFixture } from '@coffre/testkit'
import { SharedLock } from './shared-lock.ts'

const signal = new AbortController().signal
const settleMs = 200

async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
}

async function stageOf(test: (stage: Stage) => Promise<void>): Promise<void> {
  await using fixture = await RepositoryFixture.create()
  const { backend, config, masterKey, keyId, context } = fixture.repository
  const clock = new FakeClock()
  const repository = new Repository(backend, { ...context, clock }, config, masterKey, keyId)
  const lockFiles = (): Promise<string[]> => repository.names('lock', signal)
  await test({ clock, repository, lock: new SharedLock(repository, 10 * minuteMs), lockFiles })
}

interface Stage {
  readonly clock: FakeClock
  readonly repository: Repository
  readonly lock: SharedLock
  readonly lockFiles: () => Promise<string[]>
}

test('jobs share one file, whoever comes later finds it confirmed, and the last one takes it away', () =>
  stageOf(async ({ clock, lock, lockFiles }) => {
    const [first, second] = await Promise.all([lock.join(signal), lock.join(signal)])
    assert.equal((await lockFiles()).length, 1)
    clock.advance(settleMs)
    await Promise.all([first.confirmed, second.confirmed])
    await first[Symbol.asyncDispose]()
    const third = await lock.join(signal)
    await third.confirmed
    await second[Symbol.asyncDispose]()
    assert.equal((await lockFiles()).length, 1)
    assert.equal(third.signal.aborted, false)
    await third[Symbol.asyncDispose]()
    assert.deepEqual(await lockFiles(), [])
    const fourth = await lock.join(signal)
    assert.equal((await lockFiles()).length, 1)
    // Nobody has confirmed this one yet.
    assert.equal(await Promise.race([fourth.confirmed.then(() => 'confirmed'), settled().then(() => 'not yet')]), 'not yet')
    await fourth[Symbol.asyncDispose]()
    assert.deepEqual(await lockFiles(), [])
  }))

test('one that is stopped while all wait for a prune leaves the others waiting; the last one ends it', () =>
  stageOf(async ({ clock, repository, lock, lockFiles }) => {
    const prune = lockRepository(repository, { exclusive: true }, signal)
    await settled()
    clock.advance(settleMs)
    const exclusive = await prune
    const stops = [new AbortController(), new AbortController(), new AbortController()]
    const joins = stops.map((stop) => lock.join(stop.signal))
    const outcomes = Promise.allSettled(joins)
    await settled()
    stops[0]?.abort(new CoffreError('interrupted', 'stopped'))
    await assert.rejects(joins[0] ?? Promise.resolve(), /stopped/)
    await exclusive[Symbol.asyncDispose]()
    clock.advance(1000)
    const second = await joins[1]
    await second?.[Symbol.asyncDispose]()
    await (await joins[2])?.[Symbol.asyncDispose]()
    assert.deepEqual(
      (await outcomes).map(({ status }) => status),
      ['rejected', 'fulfilled', 'fulfilled'],
    )
    assert.deepEqual(await lockFiles(), [])
  }))

test('a lock that is lost fails all that share it, and the next job takes another one', () =>
  stageOf(async ({ clock, repository, lock, lockFiles }) => {
    const sharing = await Promise.all([lock.join(signal), lock.join(signal)])
    clock.advance(settleMs)
    await Promise.all(sharing.map(({ confirmed }) => confirmed))
    for (const name of await lockFiles()) await repository.backend.remove({ type: 'lock', name }, signal)
    clock.advance(5 * minuteMs)
    await settled()
    assert.deepEqual(
      sharing.map((one) => one.signal.aborted),
      [true, true],
    )
    const next = await lock.join(signal)
    assert.equal(next.signal.aborted, false)
    for (const one of sharing) await one[Symbol.asyncDispose]()
    assert.equal((await lockFiles()).length, 1)
    await next[Symbol.asyncDispose]()
    assert.deepEqual(await lockFiles(), [])
  }))

test('a lock that turns out disputed is joined no more', () =>
  stageOf(async ({ clock, repository, lock, lockFiles }) => {
    const first = await lock.join(signal)
    const other = new Repository(repository.backend, repository.context, repository.config, repository.masterKey, repository.keyId)
    const own = await lockFiles()
    for (const name of own) await repository.backend.remove({ type: 'lock', name }, signal)
    const prune = lockRepository(other, { exclusive: true, isEager: true }, signal)
    const exclusive = await prune
    clock.advance(settleMs)
    await assert.rejects(first.confirmed, { code: 'repository.locked' })
    await exclusive[Symbol.asyncDispose]()
    const second = await lock.join(signal)
    clock.advance(settleMs)
    await second.confirmed
    await first[Symbol.asyncDispose]()
    await second[Symbol.asyncDispose]()
    assert.deepEqual(await lockFiles(), [])
  }))
