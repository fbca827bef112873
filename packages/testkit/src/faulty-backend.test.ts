import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CoffreError } from '@coffre/foundation'
import { MemoryBackend } from '@coffre/storage'
import { config, fileOf, noSignal, pattern } from './backend-contract/contract-subject.ts'
import { fakeContext } from './fake-clock.ts'
import { FaultyBackend } from './faulty-backend.ts'

const body = pattern(1000)

async function faulty(seed = 1) {
  const context = fakeContext(seed)
  const memory = new MemoryBackend()
  await memory.save(config, [body], {}, noSignal)
  return { context, memory, backend: new FaultyBackend(memory, context) }
}

test('queued faults strike the calls of their method, in order, and then no more', async () => {
  const { backend } = await faulty()
  const own = new CoffreError('storage.credentials', 'refused')
  backend.queue('stat', { kind: 'unavailable' })
  backend.queue('stat', { kind: 'error', error: own })
  assert.deepEqual(await backend.load(config, undefined, noSignal), body)
  await assert.rejects(backend.stat(config, noSignal), { code: 'storage.unavailable' })
  await assert.rejects(backend.stat(config, noSignal), own)
  assert.equal((await backend.stat(config, noSignal))?.sizeBytes, 1000)
  assert.deepEqual(backend.struck, [
    { method: 'stat', kind: 'unavailable' },
    { method: 'stat', kind: 'error' },
  ])
})

test('a lost acknowledgement comes after the deed, a reset instead of it', async () => {
  const { backend, memory } = await faulty()
  backend.queue('remove', { kind: 'reset' }, { kind: 'lost-acknowledgement' })
  await assert.rejects(backend.remove(config, noSignal), { code: 'storage.unavailable' })
  assert.ok(await memory.stat(config, noSignal))
  await assert.rejects(backend.remove(config, noSignal), { code: 'storage.unavailable' })
  assert.equal(await memory.stat(config, noSignal), undefined)
})

test('a bit flip is one bit, not in what is stored', async () => {
  const { backend, memory } = await faulty()
  backend.queue('load', { kind: 'bit-flip' })
  const bytes = await backend.load(config, undefined, noSignal)
  let differing = 0
  for (const [at, byte] of bytes.entries()) differing += (byte ^ (body[at] ?? 0)).toString(2).replaceAll('0', '').length
  assert.equal(differing, 1)
  assert.deepEqual(await memory.load(config, undefined, noSignal), body)
})

test('a reset load leaves half of the bytes in the target', async () => {
  const { backend } = await faulty()
  backend.queue('load', { kind: 'reset' }, { kind: 'truncated' })
  const target = new Uint8Array(1000).fill(0xee)
  await assert.rejects(backend.load(config, undefined, noSignal, target), { code: 'storage.unavailable' })
  assert.deepEqual(target.subarray(0, 500), body.subarray(0, 500))
  assert.ok(target.subarray(500).every((byte) => byte === 0))
  await assert.rejects(backend.load(config, undefined, noSignal), { code: 'storage.truncated' })
})

test('listings miss one entry, repeat one, or break off', async () => {
  const { backend, memory } = await faulty()
  for (let salt = 0; salt < 10; salt++) await memory.save(fileOf('index', pattern(5, salt)), [pattern(5, salt)], {}, noSignal)
  backend.queue('list', { kind: 'missing-entry' }, { kind: 'repeated-entry' }, { kind: 'reset' })
  const names = async (): Promise<string[]> => (await Array.fromAsync(backend.list('index', noSignal))).map((file) => file.name)
  assert.equal(new Set(await names()).size, 9)
  const repeated = await names()
  assert.deepEqual([repeated.length, new Set(repeated).size], [11, 10])
  let given = 0
  const listing = async (): Promise<void> => {
    for await (const _ of backend.list('index', noSignal)) given++
  }
  await assert.rejects(listing(), { code: 'storage.unavailable' })
  assert.equal(given, 5)
})

test('the disk is full after so many bytes, until there is space again', async () => {
  const { backend, memory } = await faulty()
  backend.limitSpace(1500)
  await backend.save(config, [body], {}, noSignal)
  await assert.rejects(backend.save(fileOf('pack', body), [body], {}, noSignal), { code: 'storage.no-space' })
  assert.deepEqual(await Array.fromAsync(memory.list('pack', noSignal)), [])
  backend.addSpace(500)
  await backend.save(fileOf('pack', body), [body], {}, noSignal)
})

test('slow calls wait by the clock of the context', async () => {
  const { backend, context } = await faulty()
  backend.queue('flush', { kind: 'slow', delayMs: 5000 })
  await backend.flush(noSignal)
  assert.deepEqual(context.clock.sleepsMs, [5000])
})

test('faults by chance are those of the seed, about as many as asked for', async () => {
  const run = async (seed: number): Promise<string> => {
    const { backend } = await faulty(seed)
    backend.setOdds({ probability: 0.3, faults: { stat: [{ kind: 'unavailable' }, { kind: 'reset' }] } })
    let outcome = ''
    for (let call = 0; call < 200; call++) {
      outcome += await backend.stat(config, noSignal).then(
        () => '.',
        () => 'x',
      )
    }
    assert.equal(outcome.replaceAll('.', '').length, backend.struck.length)
    return outcome
  }
  const outcome = await run(42)
  assert.equal(await run(42), outcome)
  assert.notEqual(await run(43), outcome)
  const share = outcome.replaceAll('.', '').length / 200
  assert.ok(share > 0.15 && share < 0.45, `${share}`)
})
