import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lockedBackup, lockedFixture, RepositoryFixture } from '@coffre/testkit'
import { RepositoryIndex } from '../index/repository-index.ts'
import { BlobReader } from '../repository/blob-reader.ts'
import { loadIndex } from '../repository/load-index.ts'
import { loadSnapshot } from '../snapshots/snapshots.ts'
import { walkTree } from '../walk/walk-tree.ts'
import { completeIndex } from './complete-index.ts'

const signal = new AbortController().signal

test('a point is read without any index, from what its packs say of themselves', async () => {
  await using fixture = await lockedFixture()
  const content = fixture.noise(70_000, 1)
  const id = await lockedBackup(fixture, { 'a.bin': content, 'folder/b.txt': 'b' })
  const lock = fixture.backend.objectLock
  const nowMs = fixture.context.clock.nowMs()
  const [name = ''] = await fixture.repository.names('index', signal)
  const [version] = await lock.versionsOf({ type: 'index', name }, signal)
  const retention = await lock.retention({ type: 'index', name }, version?.versionId ?? '', signal)
  fixture.context.clock.advance((retention?.until.getTime() ?? 0) - nowMs)
  await lock.removeVersion({ type: 'index', name }, version?.versionId ?? '', signal)
  const index = await loadIndex(fixture.repository, {}, signal)
  assert.equal(index.blobs.count, 0)
  const packs = await fixture.repository.names('pack', signal)
  assert.equal(await completeIndex(fixture.repository, index, {}, signal), packs.length)
  const reader = new BlobReader(fixture.repository, index)
  const { tree } = await loadSnapshot(fixture.repository, id, signal)
  const found: Buffer[] = []
  for await (const { node } of walkTree(reader, tree, {}, signal)) {
    for (const blob of node.content ?? []) found.push(await reader.blob(blob, false, signal))
  }
  assert.deepEqual(found.map((blob) => blob.toString('hex')).sort(), [Buffer.from(content).toString('hex'), '62'].sort())
  assert.equal(await completeIndex(fixture.repository, index, {}, signal), 0)
})

test('a pack whose header is damaged is named, and the others are added', async () => {
  await using fixture = await RepositoryFixture.create()
  await fixture.snapshot({ 'a.bin': fixture.noise(70_000, 1), 'b.bin': fixture.noise(70_000, 2) })
  const packs = await fixture.repository.names('pack', signal)
  const [damaged = ''] = packs
  const path = `data/${damaged.slice(0, 2)}/${damaged}`
  fixture.backend.plant(path, new Uint8Array(fixture.backend.files().get(path)?.length ?? 0))
  const named: string[] = []
  const added = await completeIndex(fixture.repository, new RepositoryIndex(), { onDamaged: (pack) => named.push(pack) }, signal)
  assert.deepEqual([added, named], [packs.length - 1, [damaged]])
  await assert.rejects(completeIndex(fixture.repository, new RepositoryIndex(), {}, signal), { code: 'repository.damaged' })
})
