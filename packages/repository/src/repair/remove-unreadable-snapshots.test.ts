import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CoffreError } from '@coffre/foundation'
import { FaultyBackend, RepositoryFixture } from '@coffre/testkit'
import { Repository } from '../repository/repository.ts'
import { removeUnreadableSnapshots } from './remove-unreadable-snapshots.ts'

const signal = new AbortController().signal
const torn = 'a'.repeat(64)

async function vaultWithTornSnapshot(): Promise<RepositoryFixture> {
  const fixture = await RepositoryFixture.create()
  await fixture.snapshot({ a: 'one' })
  fixture.backend.plant(`snapshots/${torn}`, new Uint8Array())
  return fixture
}

test('a snapshot of which nothing can be read goes, and only that', async () => {
  await using fixture = await vaultWithTornSnapshot()
  const before = [...fixture.backend.files().keys()]
  const told: string[] = []
  assert.deepEqual(
    await removeUnreadableSnapshots(fixture.repository, { dryRun: true, onUnreadable: (id) => told.push(id) }, signal),
    [torn],
  )
  assert.deepEqual([told, [...fixture.backend.files().keys()]], [[torn], before])
  assert.deepEqual(await removeUnreadableSnapshots(fixture.repository, {}, signal), [torn])
  assert.deepEqual(
    [...fixture.backend.files().keys()],
    before.filter((path) => !path.endsWith(torn)),
  )
  assert.deepEqual(await removeUnreadableSnapshots(fixture.repository, {}, signal), [])
})

test('a held snapshot stays, and storage that fails is not taken for damage', async () => {
  await using fixture = await vaultWithTornSnapshot()
  const held = { snapshots: new Set([torn]), packs: new Set<string>() }
  await assert.rejects(removeUnreadableSnapshots(fixture.repository, { held }, signal), { code: 'repository.held' })
  const { backend, context, config, masterKey, keyId } = fixture.repository
  const faulty = new FaultyBackend(backend, context)
  faulty.queue('load', { kind: 'error', error: new CoffreError('storage.permission', 'no') })
  const repository = new Repository(faulty, context, config, masterKey, keyId)
  await assert.rejects(removeUnreadableSnapshots(repository, {}, signal), { code: 'storage.permission' })
  assert.ok(fixture.backend.files().has(`snapshots/${torn}`))
})
