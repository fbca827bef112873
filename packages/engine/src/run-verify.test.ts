import assert from 'node:assert/strict'
import { test } from 'node:test'
import { backupItems, loadIndex, type SnapshotReading } from '@coffre/repository'
import { MemoryBackend } from '@coffre/storage'
import { fileItem, RepositoryFixture } from '@coffre/testkit'
import type { RunProgress } from './progress.ts'
import { runVerify } from './run-verify.ts'

async function verify(fixture: RepositoryFixture, pointId: string, read: SnapshotReading, backend = fixture.backend) {
  const progress: RunProgress[] = []
  const session = { repository: await fixture.open(backend), signal: fixture.signal, confirmed: Promise.resolve() }
  const outcome = await runVerify(session, { pointId, read }, (told) => progress.push(told), fixture.signal)
  return { outcome, progress }
}

test('a sound point is sound: by its structure, by a sample, by all of it', async () => {
  await using fixture = await RepositoryFixture.create()
  const { id } = await fixture.snapshot({ a: fixture.noise(300_000, 1) })
  for (const read of ['none', 'all', { seed: id, bytes: 1 }] as const) {
    const { outcome, progress } = await verify(fixture, id, read)
    assert.deepEqual([outcome.isSound, outcome.errors, outcome.damage], [true, 0, []])
    assert.deepEqual([outcome.packsRead > 0, outcome.packsRead === outcome.packs], [read !== 'none', read === 'all'])
    assert.deepEqual([...new Set(progress.map(({ state }) => state))], ['preparing', 'checking', 'committing'])
    assert.deepEqual([progress.at(-1)?.doneBytes, (progress.at(-1)?.doneItems ?? 0) > 0], [outcome.bytesRead, true])
  }
})

test('damage is an outcome, and says which pack', async () => {
  await using fixture = await RepositoryFixture.create()
  const { id } = await fixture.snapshot({ a: fixture.noise(300_000, 1) })
  const packs = [...fixture.backend.files().keys()].filter((path) => path.startsWith('data/'))
  for (const path of packs) {
    const files = new Map(fixture.backend.files())
    const bytes = files.get(path)?.slice() ?? new Uint8Array(0)
    bytes[10] = (bytes[10] ?? 0) ^ 1
    files.set(path, bytes)
    const { outcome } = await verify(fixture, id, 'all', new MemoryBackend({ files }))
    assert.equal(outcome.isSound, false)
    const name = path.slice(path.lastIndexOf('/') + 1)
    assert.ok(outcome.damage.some(({ message, severity }) => severity === 'error' && message.includes(name)))
  }
})

test('a coffre.json that says nothing is damage', async () => {
  await using fixture = await RepositoryFixture.create()
  const { repository, signal } = fixture
  for (const content of ['not JSON', '[]', '{"engine":5}', '{"engine":"x","counts":[]}']) {
    const items = (async function* () {
      yield fileItem('coffre.json', content)
    })()
    const options = { ...fixture.backupOptions(), paths: ['/x'] }
    const { snapshotId } = await backupItems(repository, await loadIndex(repository, {}, signal), items, options, signal)
    const { outcome } = await verify(fixture, snapshotId ?? '', 'none')
    assert.deepEqual([outcome.isSound, outcome.damage.map(({ kind }) => kind)], [false, ['damaged-manifest']])
  }
})

test('a point that is not there, and an abort, are errors', async () => {
  await using fixture = await RepositoryFixture.create()
  const { id } = await fixture.snapshot({ a: 'a' })
  await assert.rejects(verify(fixture, 'e'.repeat(64), 'none'), { code: 'snapshot.missing' })
  const session = { repository: fixture.repository, signal: AbortSignal.abort(), confirmed: Promise.resolve() }
  await assert.rejects(
    runVerify(session, { pointId: id, read: 'all' }, () => undefined, fixture.signal),
    { code: 'interrupted' },
  )
})
