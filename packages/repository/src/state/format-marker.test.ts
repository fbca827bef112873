import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryBackend } from '@coffre/storage'
import { fixtureContext, fixturePassword, RepositoryFixture } from '@coffre/testkit'
import { initRepository, openRepository } from '../repository/open-repository.ts'
import { contentCutOf } from './format-marker.ts'

const signal = new AbortController().signal
const password = Buffer.from(fixturePassword)
const marker = 'coffre/format'

test('a repository that Coffre made is cut by the gear hash, with a secret of its own', async () => {
  await using fixture = await RepositoryFixture.create()
  await using other = await RepositoryFixture.create({ seed: 2 })
  const cut = await contentCutOf(await fixture.open(), signal)
  assert.ok(cut.kind === 'gear')
  assert.deepEqual(await contentCutOf(fixture.repository, signal), cut)
  assert.notDeepEqual(await contentCutOf(other.repository, signal), cut)
})

test('one that cuts as another does, or has no marker, is cut as restic would', async () => {
  await using fixture = await RepositoryFixture.create()
  const copyPolynomialFrom = fixture.repository
  const copied = await initRepository(new MemoryBackend(), fixtureContext({ seed: 3 }), { password, copyPolynomialFrom }, signal)
  assert.deepEqual(await contentCutOf(copied, signal), { kind: 'rabin', polynomial: fixture.repository.config.chunkerPolynomial })
  await fixture.backend.remove({ type: 'state', name: 'format' }, signal)
  assert.deepEqual(await contentCutOf(fixture.repository, signal), {
    kind: 'rabin',
    polynomial: fixture.repository.config.chunkerPolynomial,
  })
})

test('a damaged marker, or one of another vault, is an error and no guess', async () => {
  await using fixture = await RepositoryFixture.create()
  await using other = await RepositoryFixture.create({ seed: 2 })
  const bytes = fixture.backend.files().get(marker) ?? new Uint8Array()
  const damages = [
    bytes.map((byte, at) => (at === 40 ? byte ^ 1 : byte)),
    bytes.subarray(0, 20),
    new Uint8Array(0),
    other.backend.files().get(marker) ?? bytes,
  ]
  for (const damage of damages) {
    fixture.backend.plant(marker, damage)
    await assert.rejects(contentCutOf(fixture.repository, signal), { code: 'repository.damaged' })
  }
})

test('config is stored last, and what an interrupted init left does not hinder the next one', async () => {
  const first = new MemoryBackend()
  await initRepository(first, fixtureContext(), { password }, signal)
  const saves = first.operations.flatMap((operation) =>
    operation.kind === 'save' ? [operation.path.replace(/[0-9a-f]{64}/, '…')] : [],
  )
  assert.deepEqual(saves, ['keys/…', marker, 'config'])
  const whole = first.files()
  const originals = fixtureContext({ seed: 3 })
  const copyPolynomialFrom = await openRepository(first, originals, { password }, signal)
  for (const copied of [{}, { copyPolynomialFrom }]) {
    for (const torn of [undefined, marker, 'keys/']) {
      const files = [...whole].filter(([path]) => path !== 'config')
      const left = files.map(([path, bytes]): [string, Uint8Array] => [
        path,
        torn !== undefined && path.startsWith(torn) ? bytes.subarray(0, 9) : bytes,
      ])
      const backend = new MemoryBackend({ files: new Map(left) })
      await initRepository(backend, fixtureContext({ seed: 9 }), { password, ...copied }, signal)
      const opened = await openRepository(backend, originals, { password }, signal)
      assert.equal((await contentCutOf(opened, signal)).kind, 'copyPolynomialFrom' in copied ? 'rabin' : 'gear')
      assert.equal([...backend.files().keys()].filter((path) => path.startsWith('keys/')).length, 1)
    }
  }
})
