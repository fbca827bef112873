import assert from 'node:assert/strict'
import { config, fileOf, load, noSignal, pattern, saved, withCode } from './contract-subject.ts'
import type { SubjectTest } from './subject-test.ts'

export function loadingContract(test: SubjectTest): void {
  test('load gives exactly the range', async ({ backend }) => {
    const body = pattern(100_000)
    const file = await saved(backend, fileOf('pack', body), body)
    const ranges = [
      [0, 1],
      [0, 100_000],
      [1, 99_999],
      [99_999, 1],
      [65_535, 2],
      [12_345, 54_321],
      [0, 0],
      [500, 0],
      [100_000, 0],
    ] as const
    for (const [offset, length] of ranges) {
      assert.deepEqual(await load(backend, file, offset, length), body.subarray(offset, offset + length), `${offset}+${length}`)
    }
  })

  test('a range that the file does not hold whole is truncated', async ({ backend }) => {
    const body = pattern(1000)
    const file = await saved(backend, fileOf('pack', body), body)
    for (const [offset, length] of [
      [0, 1001],
      [999, 2],
      [1000, 1],
      [5000, 10],
      [1001, 0],
    ] as const) {
      await assert.rejects(load(backend, file, offset, length), withCode('storage.truncated'), `${offset}+${length}`)
    }
    const empty = await saved(backend, fileOf('pack'))
    await assert.rejects(load(backend, empty, 0, 1), withCode('storage.truncated'))
  })

  test('what does not exist is missing to load and undefined to stat', async ({ backend }) => {
    for (const file of [
      config,
      fileOf('pack', pattern(3)),
      fileOf('snapshot', pattern(4)),
      { type: 'state', name: 'state/1' } as const,
    ]) {
      await assert.rejects(load(backend, file), withCode('storage.missing'))
      await assert.rejects(load(backend, file, 1, 2), withCode('storage.missing'))
      await assert.rejects(load(backend, file, 0, 0), withCode('storage.missing'))
      assert.equal(await backend.stat(file, noSignal), undefined)
    }
  })

  test('a target receives the bytes at its start, and only there', async ({ backend }) => {
    const body = pattern(200_000)
    const file = await saved(backend, fileOf('pack', body), body)
    for (const buffer of [new ArrayBuffer(300_000), new SharedArrayBuffer(300_000)]) {
      for (const range of [undefined, { offset: 77, length: 150_000 }]) {
        const whole = new Uint8Array(buffer).fill(0xee)
        const target = whole.subarray(1000, 290_000)
        const view = await backend.load(file, range, noSignal, target)
        const wanted = range === undefined ? body : body.subarray(77, 150_077)
        assert.equal(view.buffer, buffer)
        assert.equal(view.byteOffset, 1000)
        assert.equal(Buffer.compare(view, wanted), 0)
        assert.ok(whole.subarray(0, 1000).every((byte) => byte === 0xee))
        assert.ok(whole.subarray(1000 + wanted.byteLength).every((byte) => byte === 0xee))
      }
    }
    const exact = new Uint8Array(body.byteLength)
    assert.deepEqual(await backend.load(file, undefined, noSignal, exact), body)
  })

  test('a target that is too small is a bug of the caller', async ({ backend }) => {
    const body = pattern(100)
    const file = await saved(backend, fileOf('pack', body), body)
    await assert.rejects(backend.load(file, undefined, noSignal, new Uint8Array(99)), assert.AssertionError)
    await assert.rejects(backend.load(file, { offset: 0, length: 10 }, noSignal, new Uint8Array(9)), assert.AssertionError)
  })

  test('aborted reads reject with the interruption', async ({ backend }) => {
    const body = pattern(10)
    const file = await saved(backend, fileOf('index', body), body)
    const aborted = AbortSignal.abort()
    await assert.rejects(backend.load(file, undefined, aborted), withCode('interrupted'))
    await assert.rejects(backend.load(file, { offset: 0, length: 0 }, aborted), withCode('interrupted'))
    await assert.rejects(backend.stat(file, aborted), withCode('interrupted'))
    await assert.rejects(Array.fromAsync(backend.list('index', aborted)), withCode('interrupted'))
    await assert.rejects(backend.create(aborted), withCode('interrupted'))
  })
}
