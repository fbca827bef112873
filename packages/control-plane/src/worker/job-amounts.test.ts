import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Context, systemContext } from '@coffre/foundation'
import type { Job } from '../jobs/job-store.ts'
import { startRestore } from '../jobs/start-restore.ts'
import { startTestCatalogue } from '../testing/test-catalogue.ts'
import { TestWorker } from '../testing/test-worker.ts'

const bytes = 300_000

/** Kind, bytes done and in all, whether there were items. */
function amounts({ kind, state, bytesDone, bytesTotal, itemsDone }: Job) {
  return [kind, state, bytesDone, bytesTotal, itemsDone > 0]
}

test('every job ends with how much it did, however quick it was', async () => {
  await using stack = new AsyncDisposableStack()
  const its = stack.use(await startTestCatalogue())
  const folder = await mkdtemp(join(tmpdir(), 'coffre-amounts-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  await mkdir(join(folder, 'docs'))
  await writeFile(join(folder, 'docs/one'), systemContext.random.bytes(bytes))
  const aheadMs = 0
  const clock = { ...systemContext.clock, nowMs: () => systemContext.clock.nowMs() + aheadMs }
  const context: Context = { ...systemContext, clock }
  const worker = await TestWorker.start(its, { context })
  await worker.vault('main', { location: join(folder, 'main') })
  await worker.source('docs', join(folder, 'docs'))
  const first = await worker.backup('docs', 'main')
  const { projectId } = worker
  const to = join(folder, 'out')
  const order = { projectId, source: 'docs', point: undefined, at: undefined, overwrite: false, createdBy: 'test' }
  await startRestore(worker.parts, { ...order, to })
  await worker.doAll()
  const jobs = await worker.parts.catalogue.selectFrom('job').selectAll().where('projectId', '=', projectId).orderBy('id').execute()
  const [backup, verify, restore] = jobs
  assert.deepEqual(backup && amounts(backup), ['BACKUP', 'COMPLETED', bytes, bytes, true])
  assert.deepEqual(restore && amounts(restore), ['RESTORE', 'COMPLETED', bytes, bytes, true])
  // A verification reads whole packs, in which there is more than the data.
  assert.ok(verify !== undefined && verify.bytesDone > bytes)
  assert.deepEqual(amounts(verify), ['VERIFY', 'COMPLETED', verify.bytesDone, verify.bytesDone, true])
  assert.equal(first.sizeBytes, bytes)
})
