import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RepositoryFixture } from '@coffre/testkit'
import { appendState } from '../state/append-state.ts'
import { checkRepository } from './check-repository.ts'
import type { Finding } from './finding.ts'

const signal = new AbortController().signal

test('a record of the state that is damaged or gone is named', async () => {
  await using fixture = await RepositoryFixture.create()
  for (const name of ['one', 'two', 'three']) {
    await appendState(fixture.repository, () => ({ kind: 'hold', name, reason: '', snapshots: [], packs: [] }), signal)
  }
  const findings = async (): Promise<Finding[]> => {
    const found: Finding[] = []
    await checkRepository(fixture.repository, { onFinding: (finding) => found.push(finding) }, signal)
    return found
  }
  assert.deepEqual(await findings(), [])
  const path = 'coffre/state/00000002'
  const bytes = fixture.backend.files().get(path) ?? new Uint8Array()
  fixture.backend.plant(
    path,
    bytes.map((byte, at) => (at === 50 ? byte ^ 1 : byte)),
  )
  assert.deepEqual(
    (await findings()).map(({ severity, file }) => [severity, file]),
    [['error', { type: 'state', name: 'state/00000002' }]],
  )
  await fixture.backend.remove({ type: 'state', name: 'state/00000002' }, signal)
  assert.deepEqual(
    (await findings()).map(({ severity, file }) => [severity, file]),
    [['error', { type: 'state', name: 'state/00000002' }]],
  )
})
