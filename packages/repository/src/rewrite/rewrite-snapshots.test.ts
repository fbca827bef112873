import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RepositoryFixture } from '@coffre/testkit'
import { writerOptionsOf } from '../copy/store-options.ts'
import type { Id } from '../format/node.ts'
import type { Snapshot, StoredSnapshot } from '../format/snapshot.ts'
import { nothingHeld } from '../prune/held.ts'
import { BlobWriter } from '../repository/blob-writer.ts'
import { loadIndex } from '../repository/load-index.ts'
import { listSnapshots, saveSnapshot } from '../snapshots/snapshots.ts'
import { type RewriteOptions, rewriteSnapshots } from './rewrite-snapshots.ts'

const base: RewriteOptions = {
  compression: 'auto',
  verification: 'all',
  packBytes: 64 * 1024,
  isExcluded: (path) => path.endsWith('/secret'),
  snapshotSummary: false,
  forget: true,
  dryRun: false,
  held: nothingHeld,
}

async function rewrite(fixture: RepositoryFixture, options: Partial<RewriteOptions> = {}): Promise<number> {
  const index = await loadIndex(fixture.repository, {}, fixture.signal)
  const snapshots = await listSnapshots(fixture.repository, fixture.signal)
  return rewriteSnapshots(fixture.repository, index, snapshots, { ...base, ...options }, fixture.signal)
}

/** A snapshot of a tree whose blob is `json`. */
async function snapshotOf(fixture: RepositoryFixture, json: string): Promise<Id> {
  const index = await loadIndex(fixture.repository, {}, fixture.signal)
  await using writer = new BlobWriter(fixture.repository, index, writerOptionsOf(base), fixture.signal)
  const { id: tree } = writer.addTree(Buffer.from(json))
  await writer.finish()
  const snapshot: Snapshot = { time: '2026-01-01T00:00:00Z', tree, paths: ['/'] }
  return saveSnapshot(fixture.repository, snapshot, fixture.signal)
}

test('a tree with fields that only another program knows is refused, and nothing changes', async () => {
  await using fixture = await RepositoryFixture.create()
  const time = '2026-01-01T00:00:00Z'
  const node = `"name":"x","type":"file","mtime":"${time}","atime":"${time}","ctime":"${time}","uid":0,"gid":0,"content":[]`
  const id = await snapshotOf(fixture, `{"nodes":[{${node},"colour":"red"}]}\n`)
  await assert.rejects(rewrite(fixture), { code: 'repository.format-newer', message: /without losing information/ })
  assert.deepEqual(
    (await listSnapshots(fixture.repository, fixture.signal)).map((snapshot) => snapshot.id),
    [id],
  )
})

test('a held snapshot is not replaced; beside it, a new one may stand', async () => {
  await using fixture = await RepositoryFixture.create()
  const { id } = await fixture.snapshot({ secret: 'x', open: 'y' })
  const held = { snapshots: new Set([id]), packs: new Set<Id>() }
  await assert.rejects(rewrite(fixture, { held }), { code: 'repository.held', message: new RegExp(id) })
  assert.equal((await listSnapshots(fixture.repository, fixture.signal)).length, 1)
  const seen: (Id | undefined)[] = []
  const onSnapshot = (_snapshot: StoredSnapshot, _changed: boolean, newId: Id | undefined): number => seen.push(newId)
  assert.equal(await rewrite(fixture, { held, forget: false, onSnapshot }), 1)
  const snapshots = await listSnapshots(fixture.repository, fixture.signal)
  const fresh = snapshots.find((snapshot) => snapshot.id === seen[0])
  assert.equal(snapshots.length, 2)
  assert.deepEqual([fresh?.tags, fresh?.original], [['rewrite'], id])
})

test('the original goes only after the new snapshot is durable', async () => {
  await using fixture = await RepositoryFixture.create()
  const { id } = await fixture.snapshot({ secret: 'x', open: 'y' })
  const before = fixture.backend.operations.length
  await rewrite(fixture)
  const steps = fixture.backend.operations
    .slice(before)
    .map((step) => (step.kind === 'flush' ? 'flush' : `${step.kind} ${step.path.split('/')[0]}`))
  const [saved, removed] = [steps.indexOf('save snapshots'), steps.indexOf('remove snapshots')]
  assert.ok(steps.indexOf('save index') < saved && saved < removed, steps.join(', '))
  assert.ok(steps.slice(steps.indexOf('save index'), saved).includes('flush') && steps.slice(saved, removed).includes('flush'))
  const [fresh] = await listSnapshots(fixture.repository, fixture.signal)
  assert.equal(fresh?.original, id)
})

test('format 1 is not rewritten', async () => {
  await using fixture = await RepositoryFixture.create({ version: 1 })
  await assert.rejects(rewrite(fixture), { code: 'repository.format-old' })
})
