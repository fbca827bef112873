import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { minuteMs } from '@coffre/foundation'
import { initRepository } from '@coffre/repository'
import { FakeClock, fakeContext, temporaryFolder } from '@coffre/testkit'
import { VaultPlaces } from '../vaults/vault-places.ts'
import { OpenVaults } from './open-vaults.ts'

const signal = new AbortController().signal
const password = Buffer.from('password')

async function stageOf(work: (vaults: OpenVaults, clock: FakeClock, location: string, init: () => Promise<void>) => Promise<void>) {
  await using folder = await temporaryFolder()
  const clock = new FakeClock()
  const places = new VaultPlaces(folder.path, { ...fakeContext(), clock }, {}, 0)
  const location = join(folder.path, 'vault')
  const init = async (): Promise<void> => {
    await using storage = await places.openStorage(location, undefined, signal)
    await initRepository(storage, { ...places.repositoryContext(), scrypt: { n: 1024, r: 8, p: 1 } }, { password }, signal)
  }
  await init()
  await using vaults = new OpenVaults(places)
  await work(vaults, clock, location, init)
}

test('what is known of a vault goes from job to job, and is let go five minutes after the last one', () =>
  stageOf(async (vaults, clock, location) => {
    const open = () => vaults.open({ location, credentials: undefined, password }, signal)
    const first = await open()
    const { kept } = first
    await kept.index.load({}, signal)
    assert.ok(kept.memoryBytes > 0)
    await first[Symbol.asyncDispose]()
    const passes = (ms: number): void => {
      clock.advance(ms)
      vaults.rest()
    }
    passes(4 * minuteMs)
    const second = await open()
    assert.equal(second.kept, kept)
    passes(10 * minuteMs)
    assert.ok(kept.memoryBytes > 0, 'somebody is at work in it')
    await second[Symbol.asyncDispose]()
    passes(4 * minuteMs)
    assert.ok(kept.memoryBytes > 0)
    passes(minuteMs)
    assert.equal(kept.memoryBytes, 0)
    await using third = await open()
    assert.equal(third.kept, kept)
  }))

test('nothing is known of a vault that was put in the place of another', () =>
  stageOf(async (vaults, _clock, location, init) => {
    const access = { location, credentials: undefined, password }
    await using before = await vaults.open(access, signal)
    await rm(location, { recursive: true })
    await init()
    await using after = await vaults.open(access, signal)
    assert.notEqual(after.kept, before.kept)
    assert.notEqual(after.repository.config.id, before.repository.config.id)
  }))
