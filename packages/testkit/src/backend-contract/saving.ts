import assert from 'node:assert/strict'
import { CoffreError } from '@coffre/foundation'
import {
  config,
  fileOf,
  hashedTypes,
  journalFile,
  listed,
  load,
  noSignal,
  pattern,
  saved,
  stateFile,
  withCode,
} from './contract-subject.ts'
import type { SubjectTest } from './subject-test.ts'

export function savingContract(test: SubjectTest): void {
  test('a saved file of each type is visible whole to load, stat and list', async ({ backend }) => {
    const body = pattern(5000)
    for (const file of [
      config,
      stateFile('state/00000001'),
      journalFile('a/1'),
      ...hashedTypes.map((type) => fileOf(type, body)),
    ]) {
      await saved(backend, file, body)
      assert.deepEqual(await load(backend, file), body)
      assert.deepEqual(await backend.stat(file, noSignal), { ...file, sizeBytes: 5000 })
      assert.deepEqual(await listed(backend, file.type), [{ ...file, sizeBytes: 5000 }])
    }
  })

  test('a body is the concatenation of its chunks, however many and however small', async ({ backend }) => {
    const whole = pattern(700_001)
    const chunks: Uint8Array[] = [new Uint8Array(0)]
    for (let at = 0, length = 1; at < whole.byteLength; at += length, length = (length * 7 + 1) % 431) {
      chunks.push(whole.subarray(at, at + length))
    }
    const file = await saved(backend, fileOf('index', whole), ...chunks)
    assert.deepEqual(await load(backend, file), whole)
  })

  test('an empty body makes an empty file', async ({ backend }) => {
    for (const body of [[], [new Uint8Array(0)]]) {
      const file = await saved(backend, fileOf('lock', ...body), ...body)
      assert.equal((await backend.stat(file, noSignal))?.sizeBytes, 0)
      assert.equal((await load(backend, file)).byteLength, 0)
    }
  })

  test('a body may lie in shared memory, at any offset', async ({ backend }) => {
    const shared = new Uint8Array(new SharedArrayBuffer(3_000_000), 12_345, 2_000_000)
    shared.set(pattern(2_000_000))
    const file = await saved(backend, fileOf('pack', shared), shared.subarray(0, 7), shared.subarray(7))
    assert.deepEqual(await load(backend, file), pattern(2_000_000))
  })

  test('a large body of large chunks is stored whole', async ({ backend }) => {
    const body = [pattern(9 << 20, 1), pattern(3, 2), pattern((24 << 20) + 1, 3)]
    const file = await saved(backend, fileOf('pack', ...body), ...body)
    const stored = Buffer.from(await load(backend, file))
    assert.equal(stored.compare(Buffer.concat(body)), 0)
  })

  test('a save overwrites, with shorter content too', async ({ backend }) => {
    await saved(backend, config, pattern(3000, 1))
    await saved(backend, config, pattern(20, 2))
    assert.deepEqual(await load(backend, config), pattern(20, 2))
    assert.deepEqual(await listed(backend, 'config'), [{ ...config, sizeBytes: 20 }])
  })

  test('ifAbsent creates, refuses to overwrite, and creates again after a removal', async ({ backend }) => {
    const create = (salt: number): Promise<unknown> => backend.save(config, [pattern(100, salt)], { ifAbsent: true }, noSignal)
    await create(1)
    await assert.rejects(create(2), withCode('storage.exists'))
    assert.deepEqual(await load(backend, config), pattern(100, 1))
    await backend.remove(config, noSignal)
    await create(3)
    assert.deepEqual(await load(backend, config), pattern(100, 3))
  })

  test('where creation is conditional, one of many concurrent creators wins', async ({ backend }) => {
    if (!backend.abilities.conditionalCreate) return
    const create = (_: unknown, salt: number): Promise<unknown> =>
      backend.save(stateFile('state/7'), [pattern(9000, salt)], { ifAbsent: true }, noSignal)
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, create))
    const winners = outcomes.flatMap(({ status }, salt) => (status === 'fulfilled' ? [salt] : []))
    for (const outcome of outcomes) {
      if (outcome.status === 'fulfilled') continue
      // A store may also say that it cannot tell yet.
      assert.ok(
        outcome.reason instanceof CoffreError && ['storage.exists', 'storage.unavailable'].includes(outcome.reason.code),
        outcome.reason,
      )
    }
    assert.equal(winners.length, 1)
    assert.deepEqual(await load(backend, stateFile('state/7')), pattern(9000, winners[0]))
  })

  test('many saves and loads at once do not disturb each other', async ({ backend }) => {
    const bodies = Array.from({ length: 40 }, (_, salt) => pattern(30_000 + salt * 997, salt))
    await Promise.all(
      bodies.map(async (body) => {
        const file = await saved(backend, fileOf('pack', body), body)
        assert.deepEqual(await load(backend, file), body)
      }),
    )
    assert.equal((await listed(backend, 'pack')).length, bodies.length)
  })

  test('concurrent saves of one file leave one of them, whole', async ({ backend }) => {
    await Promise.all([1, 2, 3, 4].map((salt) => saved(backend, config, pattern(100_000 + salt, salt))))
    const stored = await load(backend, config)
    assert.deepEqual(stored, pattern(stored.byteLength, stored.byteLength - 100_000))
  })

  test('state names are paths', async ({ backend }) => {
    const names = ['state/00000001', 'later/shop.orders@eu/2026-11-21/14/0000000A_3F-00000B', '_a', `deep/${'d/'.repeat(20)}e`]
    for (const name of names) await saved(backend, stateFile(name), pattern(name.length))
    for (const name of names) assert.deepEqual(await load(backend, stateFile(name)), pattern(name.length))
    assert.deepEqual(
      (await listed(backend, 'state')).map((file) => file.name),
      names.toSorted(),
    )
  })

  test('names that no file of the type can have are refused by every method', async ({ backend }) => {
    const hex = fileOf('pack', pattern(1)).name
    const hashed = ['', 'config', '../config', hex.slice(1), `${hex}0`, hex.toUpperCase(), `${hex}-tmp-1`, `ab/${hex}`].map(
      (name) => ({ type: 'pack' as const, name }),
    )
    const state = [
      '',
      '/a',
      'a/',
      'a//b',
      '../a',
      'a/../../config',
      '.',
      '.hidden',
      'a\0b',
      'a\\b',
      'state/1-tmp-2',
      'x'.repeat(300),
      'journal',
      'journal/a',
    ].map(stateFile)
    const journal = ['', 'a', 'a/', '/a', 'a/b/c', '../a', 'a/..', 'a/1-tmp-2'].map(journalFile)
    for (const file of [...hashed, ...state, ...journal, { type: 'config' as const, name: 'x' }]) {
      const refused = withCode('usage.invalid')
      await assert.rejects(saved(backend, file, pattern(1)), refused, file.name)
      await assert.rejects(load(backend, file), refused, file.name)
      await assert.rejects(backend.stat(file, noSignal), refused, file.name)
      await assert.rejects(backend.remove(file, noSignal), refused, file.name)
    }
  })

  test('an aborted save rejects with the reason and is not listed', async ({ backend }) => {
    const body = pattern(1000)
    const reason = new CoffreError('repository.lease-lost', 'the lease is lost')
    await assert.rejects(backend.save(fileOf('pack', body), [body], {}, AbortSignal.abort(reason)), reason)
    await assert.rejects(backend.save(fileOf('pack', body), [body], {}, AbortSignal.abort()), withCode('interrupted'))
    assert.deepEqual(await listed(backend, 'pack'), [])
  })

  test('a save that is aborted on its way is stored whole or not at all', async ({ backend }) => {
    const body = pattern(24 << 20)
    const file = fileOf('pack', body)
    const abort = new AbortController()
    const save = backend.save(file, [body], {}, abort.signal)
    setImmediate(() => abort.abort())
    await save.catch((error: unknown) => assert.ok(error instanceof CoffreError && error.code === 'interrupted', String(error)))
    for (const { sizeBytes } of await listed(backend, 'pack')) assert.equal(sizeBytes, body.byteLength)
    await saved(backend, file, body)
    assert.equal(Buffer.compare(await load(backend, file), body), 0)
  })

  test('flush and create may be called again, together and on a filled vault, and change nothing', async ({ backend }) => {
    const signal = noSignal
    await saved(backend, config, pattern(10))
    await Promise.all([backend.flush(signal), backend.create(signal), backend.flush(signal), backend.create(signal)])
    assert.deepEqual(await load(backend, config), pattern(10))
    assert.deepEqual(await listed(backend, 'key'), [])
  })

  test('a retention is refused where it cannot be kept', async ({ backend }) => {
    if (backend.abilities.objectLock) return
    assert.equal(backend.objectLock, undefined)
    const retention = { mode: 'governance', until: new Date(Date.UTC(2100, 0)) } as const
    await assert.rejects(backend.save(config, [pattern(1)], { retention }, noSignal), withCode('storage.unsupported'))
    assert.deepEqual(await listed(backend, 'config'), [])
  })
}
