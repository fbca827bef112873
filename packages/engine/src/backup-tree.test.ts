import assert from 'node:assert/strict'
import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TreeConnector, TreeSelection } from '@coffre/connector'
import { BlobReader, loadIndex, walkTree } from '@coffre/repository'
import { RepositoryFixture } from '@coffre/testkit'
import type { BackupRequest } from './backup/backup-request.ts'
import { findPointOfJob } from './find-point-of-job.ts'
import { labelsOf } from './point-labels.ts'
import type { RunProgress } from './progress.ts'
import { runBackup } from './run-backup.ts'

const request: BackupRequest = { source: 'docs', job: 'job-1', isRetry: false, programVersion: 'test' }
const everything = { excludes: [], excludesCaches: false, staysOnFileSystem: false }

const trees: TreeConnector<TreeSelection> = {
  engine: 'files',
  parseConfig: (input) => input as TreeSelection,
  identify: ({ roots }) => roots.join(),
  check: async () => [],
  select: (selection) => selection,
}

async function run(fixture: RepositoryFixture, selection: Partial<TreeSelection>, more: Partial<BackupRequest> = {}) {
  const { repository, signal } = fixture
  const session = { repository, signal, confirmed: Promise.resolve() }
  const progress: RunProgress[] = []
  const config = { ...everything, roots: [fixture.source], ...selection }
  const source = { kind: 'tree', connector: trees as TreeConnector, config } as const
  const outcome = await runBackup(session, source, { ...request, ...more }, (told) => progress.push(told), signal)
  const point = await findPointOfJob(session, more.job ?? request.job, signal)
  assert.equal(point?.id, outcome.pointId)
  const reader = new BlobReader(repository, await loadIndex(repository, {}, signal))
  const items = await Array.fromAsync(walkTree(reader, point?.tree ?? '', {}, signal))
  const paths = items.filter(({ node }) => node.type !== 'dir').map(({ path }) => path)
  return { outcome, point, progress, paths }
}

test('a tree is stored under its absolute path, with labels and no manifest', async () => {
  await using fixture = await RepositoryFixture.create()
  await fixture.write({ 'a/b': 'b', c: 'c' })
  await symlink('c', join(fixture.source, 'link'))
  const { outcome, point, paths, progress } = await run(fixture, {}, { plan: 'daily', tags: ['x'] })
  assert.deepEqual(
    paths,
    ['a/b', 'c', 'link'].map((name) => `${fixture.source}/${name}`),
  )
  assert.deepEqual([outcome.state, outcome.manifest, outcome.skipped], ['complete', undefined, []])
  assert.deepEqual(point?.paths, [fixture.source])
  assert.deepEqual(labelsOf(point?.tags), { source: 'docs', engine: 'files', plan: 'daily', job: 'job-1' })
  assert.ok(point?.tags?.includes('x'))
  assert.deepEqual([...new Set(progress.map(({ state }) => state))], ['preparing', 'transferring', 'committing'])
})

test('what is excluded stays out: patterns, large files, caches, and paths that never belong to it', async () => {
  await using fixture = await RepositoryFixture.create()
  await fixture.write({
    'keep/a': 'a',
    'keep/b.tmp': 'b',
    'keep/large': 'x'.repeat(2000),
    'cache/CACHEDIR.TAG': 'Signature: 8a477f597d28d172789f06886806bc55',
    'cache/x': 'x',
    'state/secret': 's',
    'state [1]/kept': 'k',
    'vault/config': 'v',
  })
  const excludedPaths = ['state', 'vault'].map((name) => join(fixture.source, name))
  const selection = { excludes: ['*.tmp'], excludesCaches: true, excludeLargerThanBytes: 1000 }
  const { paths, outcome, point } = await run(fixture, selection, { excludedPaths })
  assert.deepEqual(
    paths,
    ['cache/CACHEDIR.TAG', 'keep/a', 'state [1]/kept'].map((name) => `${fixture.source}/${name}`),
  )
  assert.deepEqual([outcome.state, point?.excludes], ['complete', ['*.tmp']])
})

test('a root that is not there makes the point partial; without any there is none', async () => {
  await using fixture = await RepositoryFixture.create()
  await fixture.write({ 'here/a': 'a' })
  const [here, gone] = [join(fixture.source, 'here'), join(fixture.source, 'gone')]
  const { outcome, point } = await run(fixture, { roots: [here, gone] })
  assert.deepEqual([outcome.state, outcome.skipped], ['partial', [{ path: gone, reason: 'it is not there' }]])
  assert.equal(labelsOf(point?.tags).state, 'partial')
  const retried = await run(fixture, { roots: [here, gone] }, { isRetry: true })
  assert.deepEqual([retried.outcome.isAdopted, retried.outcome.state], [true, 'partial'])
  await assert.rejects(run(fixture, { roots: [gone] }, { job: 'job-2' }), { code: 'source.missing', message: /gone is not there/ })
})

test('what did not change since the newest point of the source is not read again', async () => {
  await using fixture = await RepositoryFixture.create()
  await fixture.write({ a: 'a'.repeat(1000), b: 'b' })
  await run(fixture, {})
  await fixture.write({ b: 'changed' })
  await mkdir(join(fixture.source, 'new'))
  const { outcome, progress } = await run(fixture, {}, { job: 'job-2' })
  const { filesNew, filesChanged, filesUnmodified } = outcome.summary ?? {}
  assert.deepEqual({ filesNew, filesChanged, filesUnmodified }, { filesNew: 0, filesChanged: 1, filesUnmodified: 1 })
  // What the newest point had is a good guess, until it is known.
  assert.deepEqual([progress.find(({ state }) => state === 'transferring')?.totalBytes, progress.at(-1)?.totalBytes], [1001, 1007])
})
