import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RepositoryFixture } from '@coffre/testkit'
import type { RepositoryIndex } from '../index/repository-index.ts'
import type { RepackJob } from '../pipeline/jobs.ts'
import { BlobWriter } from './blob-writer.ts'
import { loadIndex } from './load-index.ts'

/** All blobs of the repository, trees and data, to be stored again by one thread. */
async function everything(fixture: RepositoryFixture, index: RepositoryIndex): Promise<RepackJob> {
  const memory = new SharedArrayBuffer(1 << 20)
  const starts = new Map<number, number>()
  let end = 0
  const entries = Array.from({ length: index.blobs.count }, (_, entry) => entry)
  for (const pack of new Set(entries.map((entry) => index.blobs.packOf(entry)))) {
    const bytes = await fixture.backend.load({ type: 'pack', name: index.packs.id(pack) }, undefined, fixture.signal)
    Buffer.from(memory as unknown as ArrayBuffer).set(bytes, end)
    starts.set(pack, end)
    end += bytes.length
  }
  const pieces = entries.map((entry) => {
    const location = index.blobs.location(entry)
    return { ...location, id: index.blobs.idHex(entry), offset: location.offset + (starts.get(location.pack) ?? 0) }
  })
  return { kind: 'repack', memory, isTree: entries.map((entry) => index.blobs.isTree(entry)), pieces }
}

test('threads that have a pack of data and one of trees open each do not wait for each other', { timeout: 30_000 }, async () => {
  await using fixture = await RepositoryFixture.create({ workers: 2 })
  await fixture.snapshot({ 'folder/file': fixture.noise(3000, 1) })
  const index = await loadIndex(fixture.repository, {}, fixture.signal)
  const job = await everything(fixture, index)
  const options = {
    level: 1,
    canCompress: true,
    verification: 'all',
    contentCut: fixture.backupOptions().contentCut,
    packBytes: 64 * 1024,
  } as const
  await using writer = new BlobWriter(fixture.repository, index, options, fixture.signal)
  const results = await Promise.all([0, 1].map(() => writer.pool.run(job, fixture.signal)))
  assert.deepEqual(
    results.map(({ damaged }) => damaged),
    [[], []],
  )
  await writer.finish()
  assert.equal(writer.packs.length, 4)
})

test('a session that wants one thread has one, which has memory for all packs that it may have open', {
  timeout: 30_000,
}, async () => {
  await using fixture = await RepositoryFixture.create({ workers: 2 })
  await fixture.snapshot({ 'folder/file': fixture.noise(300_000, 1) })
  const index = await loadIndex(fixture.repository, {}, fixture.signal)
  const job = await everything(fixture, index)
  const options = {
    level: 1,
    canCompress: true,
    verification: 'all',
    contentCut: fixture.backupOptions().contentCut,
    packBytes: 64 * 1024,
    threads: 1,
  } as const
  await using writer = new BlobWriter(fixture.repository, index, options, fixture.signal)
  assert.equal(writer.pool.width, 1)
  for (let round = 0; round < 3; round++) await writer.pool.run(job, fixture.signal)
  await writer.finish()
  assert.ok(writer.packs.length > 3)
})
