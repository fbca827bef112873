import assert from 'node:assert/strict'
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

const manyFiles = 1103
const allTypes = ['config', 'state', 'journal', ...hashedTypes] as const

export function listingContract(test: SubjectTest): void {
  test('nothing is listed in an empty vault', async ({ backend }) => {
    for (const type of allTypes) assert.deepEqual(await listed(backend, type), [])
  })

  test('each file is listed once, more of them than an answer of S3 holds', async ({ backend }) => {
    const names: string[] = []
    const pending = Array.from({ length: manyFiles }, (_, number) => new Uint8Array(Uint32Array.of(number).buffer))
    const lane = async (): Promise<void> => {
      for (let body = pending.pop(); body !== undefined; body = pending.pop()) {
        names.push((await saved(backend, fileOf('pack', body), body)).name)
      }
    }
    await Promise.all(Array.from({ length: 8 }, lane))
    const found = await listed(backend, 'pack')
    assert.deepEqual(
      found.map((file) => file.name),
      names.sort(),
    )
    assert.ok(found.every((file) => file.sizeBytes === 4))
  })

  test('names that do not belong to the type are passed over', async ({ backend, plant }) => {
    const body = pattern(50)
    const { name } = fileOf('pack', body)
    const elsewhere = `${name.startsWith('00') ? '01' : '00'}`
    for (const path of [
      'README',
      'config-tmp-12ab',
      `config2`,
      `data/${elsewhere}/${name}`,
      `data/stray-${name}`,
      `data/${name.slice(0, 2)}/${name}-tmp-123456789`,
      `data/${name.slice(0, 2)}/${name.toUpperCase().replace(/^../, (start) => start.toLowerCase())}X`,
      `index/${name}.bak`,
      `index/sub/${name}`,
      `keys/${name.slice(1)}`,
      'locks/.nfs000123',
      `snapshots/${name}-tmp-0a`,
      'coffre/state/1-tmp-00ff',
      'coffre/.hidden',
      'coffre/journal/stray',
      'coffre/journal/a/.hidden',
      'coffre/journal/a/b/c',
    ]) {
      await plant(path, body)
    }
    for (const type of allTypes) assert.deepEqual(await listed(backend, type), [], type)
    for (const type of hashedTypes) {
      await saved(backend, fileOf(type, body), body)
      assert.deepEqual(await listed(backend, type), [{ type, name, sizeBytes: 50 }])
    }
    await saved(backend, config, body)
    await saved(backend, stateFile('state/1'), body)
    assert.deepEqual(await listed(backend, 'config'), [{ ...config, sizeBytes: 50 }])
    assert.deepEqual(await listed(backend, 'state'), [{ ...stateFile('state/1'), sizeBytes: 50 }])
  })

  test('what another program put in the right place is a file like any other', async ({ backend, plant }) => {
    const body = pattern(60)
    const file = fileOf('snapshot', body)
    await plant(`snapshots/${file.name}`, body)
    assert.deepEqual(await load(backend, file), body)
    assert.deepEqual(await listed(backend, 'snapshot'), [{ ...file, sizeBytes: 60 }])
  })

  test('a journal is listed alone, and no part of the state', async ({ backend }) => {
    const names = ['shop/1-a', 'shop/1-b', 'shop/10', 'shop/2', 'shop.eu/1', 'a/1', 'sho/p']
    for (const name of names) await saved(backend, journalFile(name), pattern(name.length))
    await saved(backend, stateFile('state/1'), pattern(3))
    const found = async (below?: string) => (await listed(backend, 'journal', below)).map(({ name }) => name)
    assert.deepEqual(await found(), names.toSorted())
    for (const below of ['', 'shop/', 'shop', 'shop/1', 'shop/1-', 'shop.eu/', 'b/', 'shop/1-a', 's', '../', '/', 'shop/1-a/b']) {
      const expected = names.filter((name) => name.startsWith(below)).toSorted()
      assert.deepEqual(await found(below), expected, below)
    }
    assert.deepEqual(await listed(backend, 'state'), [{ ...stateFile('state/1'), sizeBytes: 3 }])
    assert.deepEqual(await listed(backend, 'state', 'sta'), [{ ...stateFile('state/1'), sizeBytes: 3 }])
    assert.deepEqual(await listed(backend, 'state', 'journal'), [])
  })

  test('the state is found among many pieces of journals', async ({ backend }) => {
    const pending = Array.from({ length: manyFiles }, (_, number) => `many/${number}`)
    const lane = async (): Promise<void> => {
      for (let name = pending.pop(); name !== undefined; name = pending.pop()) await saved(backend, journalFile(name), pattern(1))
    }
    await Promise.all(Array.from({ length: 8 }, lane))
    for (const name of ['catalogue/1', 'state/1']) await saved(backend, stateFile(name), pattern(3))
    assert.deepEqual(
      (await listed(backend, 'state')).map(({ name }) => name),
      ['catalogue/1', 'state/1'],
    )
    assert.equal((await listed(backend, 'journal', 'many/')).length, manyFiles)
  })

  test('a listing may be left early', async ({ backend }) => {
    for (const salt of [1, 2, 3]) await saved(backend, fileOf('index', pattern(9, salt)), pattern(9, salt))
    for await (const file of backend.list('index', noSignal)) {
      assert.equal(file.sizeBytes, 9)
      break
    }
    assert.equal((await listed(backend, 'index')).length, 3)
  })

  test('a removed file is gone at once, and removing what is absent is no error', async ({ backend }) => {
    const body = pattern(70)
    for (const file of [config, stateFile('deep/a/1'), journalFile('a/1'), ...hashedTypes.map((type) => fileOf(type, body))]) {
      await backend.remove(file, noSignal)
      await saved(backend, file, body)
      await Promise.all([backend.remove(file, noSignal), backend.remove(file, noSignal)])
      await backend.remove(file, noSignal)
      assert.equal(await backend.stat(file, noSignal), undefined)
      await assert.rejects(load(backend, file), withCode('storage.missing'))
      assert.deepEqual(await listed(backend, file.type), [])
    }
    await backend.flush(noSignal)
    await saved(backend, config, body)
    await assert.rejects(backend.remove(config, AbortSignal.abort()), withCode('interrupted'))
    assert.deepEqual(await load(backend, config), body)
  })

  test('files are no leftovers', async ({ backend }) => {
    const body = pattern(80)
    for (const file of [config, stateFile('state/1'), fileOf('pack', body)]) await saved(backend, file, body)
    assert.equal(await backend.removeLeftovers(0, noSignal), 0)
    for (const file of [config, stateFile('state/1'), fileOf('pack', body)]) assert.deepEqual(await load(backend, file), body)
  })
}
