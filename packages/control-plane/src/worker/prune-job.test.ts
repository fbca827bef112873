import assert from 'node:assert/strict'
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Context, dayMs, hourMs, systemContext } from '@coffre/foundation'
import { SeededRandom, temporaryFolder } from '@coffre/testkit'
import type { Job } from '../jobs/job-store.ts'
import { startDuePrunes } from '../scheduler/due-prunes.ts'
import { applyRetention } from '../scheduler/retention.ts'
import { startTestCatalogue } from '../testing/test-catalogue.ts'
import { TestWorker } from '../testing/test-worker.ts'

const signal = new AbortController().signal
const contentBytes = 3_000_000

/** Of all packs in a local vault. */
async function storedBytes(vault: string): Promise<number> {
  const folder = join(vault, 'data')
  const names = await readdir(folder, { recursive: true })
  const files = await Promise.all(names.map((name) => stat(join(folder, name))))
  return files.reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0)
}

test('a prune says in its row, its result and its log what it found, and a day later what it gave back', async () => {
  await using stack = new AsyncDisposableStack()
  const its = stack.use(await startTestCatalogue())
  const { path: folder } = stack.use(await temporaryFolder())
  let aheadMs = 0
  const clock = { ...systemContext.clock, nowMs: () => systemContext.clock.nowMs() + aheadMs }
  const context: Context = { ...systemContext, clock }
  const worker = await TestWorker.start(its, { context })
  const location = join(folder, 'vault')
  await worker.vault('main', { location })
  const docs = join(folder, 'docs')
  await mkdir(docs)
  await worker.source('docs', docs)
  await writeFile(join(docs, 'file'), new SeededRandom(1).bytes(contentBytes))
  await worker.backup('docs', 'main', { deleteAfter: '1d' })
  await writeFile(join(docs, 'file'), 'little')
  await worker.backup('docs', 'main', { deleteAfter: '30d' })
  aheadMs += 2 * dayMs
  assert.equal(await applyRetention(worker.parts, signal), 1)
  await worker.doAll()

  const prune = async () => {
    assert.equal(await startDuePrunes(worker.parts), 1)
    const [job] = await worker.doAll()
    assert.ok(job)
    const lines = await its.catalogue.selectFrom('jobLog').select('message').where('jobId', '=', job.id).orderBy('number').execute()
    const { candidates: _all, swapped: _swapped, ...found } = job.result as Readonly<Record<string, number>>
    return { row: amountsOf(job), found, log: lines.map(({ message }) => message) }
  }
  const fullBytes = await storedBytes(location)
  const first = await prune()
  const { foundPacks = 0, foundBytes = 0 } = first.found
  assert.ok(foundPacks > 0 && foundBytes > contentBytes && foundBytes < fullBytes, `${foundBytes} of ${fullBytes}`)
  assert.deepEqual(first, {
    row: ['PRUNE', 'COMPLETED', 0, 0],
    found: { foundPacks, foundBytes, removedPacks: 0, removedBytes: 0 },
    log: [
      `found ${foundPacks} packs with ${foundBytes} bytes that no point needs: a later prune removes them`,
      'removed 0 packs with 0 bytes',
    ],
  })
  // Of a pack that was written again, what was needed is there twice for now.
  const markedBytes = await storedBytes(location)
  assert.ok(markedBytes >= fullBytes)
  aheadMs += 25 * hourMs
  const second = await prune()
  const { removedPacks = 0, removedBytes = 0 } = second.found
  assert.equal(removedPacks, foundPacks)
  assert.deepEqual(second, {
    row: ['PRUNE', 'COMPLETED', removedBytes, removedPacks],
    found: { foundPacks: 0, foundBytes: 0, removedPacks, removedBytes },
    log: [`removed ${removedPacks} packs with ${removedBytes} bytes`],
  })
  assert.equal(await storedBytes(location), markedBytes - removedBytes)
  aheadMs += 25 * hourMs
  assert.equal(await startDuePrunes(worker.parts), 0)
})

/** Kind, state, and what the row says was done. */
function amountsOf({ kind, state, bytesDone, itemsDone }: Job) {
  return [kind, state, bytesDone, itemsDone]
}
