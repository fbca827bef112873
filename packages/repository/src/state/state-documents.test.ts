import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dayMs } from '@coffre/foundation'
import { lockedFixture, RepositoryFixture } from '@coffre/testkit'
import { VersionFallbackBackend } from '../lock-down/version-fallback-backend.ts'
import type { Repository } from '../repository/repository.ts'
import { appendState } from './append-state.ts'
import { loadVaultState } from './load-vault-state.ts'
import { loadDocuments, saveDocuments, type VaultDocument } from './state-documents.ts'
import type { VaultState } from './vault-state.ts'

const signal = new AbortController().signal
const policy = (text: string) => ({ name: 'policy', content: { text } })
const points = (text: string) => ({ name: 'points 2026-11', content: { text } })

async function saidBy(repository: Repository, state: VaultState): Promise<VaultDocument[]> {
  const documents = await loadDocuments(repository, state, signal)
  return documents.map(({ name, content }) => ({ name, content }))
}

function filesOf({ backend }: RepositoryFixture): string[] {
  return [...backend.files().keys()].filter((path) => path.startsWith('coffre/catalogue/')).sort()
}

test('what was saved last is read, and only what changed is written', async () => {
  await using fixture = await RepositoryFixture.create()
  const { repository } = fixture
  await saveDocuments(repository, [policy('one'), points('one')], signal)
  const before = filesOf(fixture)
  const same = await saveDocuments(repository, [policy('one'), points('one')], signal)
  assert.equal(same.head?.number, 1)
  assert.deepEqual(filesOf(fixture), before)
  const state = await saveDocuments(repository, [policy('two'), points('one')], signal)
  assert.deepEqual(await saidBy(repository, state), [policy('two'), points('one')])
  assert.equal(filesOf(fixture).length, 2)
  assert.equal(filesOf(fixture).filter((path) => before.includes(path)).length, 1)
})

test('they outlast checkpoints, and a writer that does not know of them', async () => {
  await using fixture = await RepositoryFixture.create()
  const { repository } = fixture
  await saveDocuments(repository, [policy('one')], signal)
  for (let round = 0; round < 70; round++) await appendState(repository, () => ({ kind: 'known', added: [], removed: [] }), signal)
  const state = await loadVaultState(repository, signal)
  assert.ok(state.base > 1)
  assert.deepEqual(await saidBy(repository, state), [policy('one')])
  // Such a writer leaves the names out of the checkpoint that it makes.
  const forgetful = { ...state, documents: new Map() }
  await appendState(repository, () => ({ kind: 'checkpoint', state: forgetful }), signal)
  const after = await loadVaultState(repository, signal)
  assert.equal(after.documents.size, 0)
  assert.deepEqual(await saidBy(repository, after), [policy('one')])
})

test('one that the state names and that is gone or changed is damage', async () => {
  await using fixture = await RepositoryFixture.create()
  const { repository, backend } = fixture
  const state = await saveDocuments(repository, [policy('one')], signal)
  const [path = ''] = filesOf(fixture)
  const bytes = backend.files().get(path) ?? new Uint8Array()
  backend.plant(
    path,
    bytes.map((byte, at) => (at === 40 ? byte ^ 1 : byte)),
  )
  await assert.rejects(loadDocuments(repository, state, signal), { code: 'repository.damaged' })
  await backend.remove({ type: 'state', name: path.replace('coffre/', '') }, signal)
  await assert.rejects(loadDocuments(repository, state, signal), { code: 'repository.damaged' })
})

test('in a locked vault they are locked, and written anew before that ends', async () => {
  await using fixture = await lockedFixture()
  const { context } = fixture
  const repository = await fixture.open(new VersionFallbackBackend(fixture.backend, fixture.backend.objectLock))
  const state = await saveDocuments(repository, [policy('one')], signal)
  const first = state.documents.get('policy')
  assert.ok((first?.untilMs ?? 0) > context.clock.nowMs())
  await assert.rejects(repository.backend.remove({ type: 'state', name: `catalogue/${first?.file}` }, signal), {
    code: 'storage.locked',
  })
  context.clock.advance(27 * dayMs)
  const stateUntilMs = context.clock.nowMs() + 30 * dayMs
  await appendState(repository, ({ lock }) => ({ kind: 'policy', lock, stateUntilMs }), signal)
  const renewed = await saveDocuments(repository, [policy('one')], signal)
  assert.notEqual(renewed.documents.get('policy')?.file, first?.file)
  assert.deepEqual(await saidBy(repository, renewed), [policy('one')])
})
