import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import type { Connector } from '@coffre/connector'
import { minuteMs, systemContext } from '@coffre/foundation'
import { ScriptedConnector, ScriptedEngine } from '@coffre/testkit'
import { findTroubles } from '../alarms/find-troubles.ts'
import { applyPlan } from '../plans/apply-plan.ts'
import { startDueCaptures } from '../scheduler/due-captures.ts'
import { startDuePrunes } from '../scheduler/due-prunes.ts'
import { createSource } from '../sources/create-source.ts'
import { deleteSource } from '../sources/delete-source.ts'
import { listStreams, type StreamRow } from '../streams/stream-view.ts'
import { startTestCatalogue, type TestCatalogue } from '../testing/test-catalogue.ts'
import { TestWorker } from '../testing/test-worker.ts'

const signal = new AbortController().signal
const nothingAudited = (): Promise<void> => Promise.resolve()

let its: TestCatalogue
let engine: ScriptedEngine
let worker: TestWorker
let released: number
/** Ends what a test that failed has left running. */
let end: (() => Promise<void>) | undefined

before(async () => {
  its = await startTestCatalogue()
})
after(() => its[Symbol.asyncDispose]())
beforeEach(async () => {
  engine = new ScriptedEngine({ clock: systemContext.clock, files: { users: 'users' } })
  released = 0
  const connector = Object.assign(new ScriptedConnector(engine), { release: () => Promise.resolve(void released++) })
  const engines = new Map([['scripted', { kind: 'items' as const, connector: connector as Connector }]])
  worker = await TestWorker.start(its, { engines })
  await worker.vault('main', { location: join(its.stateFolder, 'vaults', worker.projectId) })
  const labels = { tier: undefined, environment: undefined, region: undefined, resourceArn: undefined, tags: {} }
  const reach = { config: { server: engine.name }, secrets: { password: engine.password }, acceptFindings: false }
  const source = { projectId: worker.projectId, name: 'shop', engine: 'scripted', ...reach, ...labels }
  await createSource(worker.parts, source, nothingAudited, signal)
  await plan(true)
})

afterEach(async () => {
  await end?.()
  end = undefined
  // All tests have one catalogue: what is left of this one is not for the workers of the next.
  const deletionDate = new Date()
  await its.catalogue.updateTable('source').set({ deletionDate }).where('deletionDate', 'is', null).execute()
  await its.catalogue.updateTable('job').set({ state: 'ABORTED', workerId: null, leaseUntil: null }).execute()
})

async function plan(continuous: boolean): Promise<void> {
  const rule = { name: 'rule', schedule: 'every 24h', targetVault: 'main', lifecycle: { deleteAfter: '9d' }, continuous }
  const document = {
    name: 'plan',
    rules: [continuous ? { ...rule, windowDays: 7 } : rule],
    selections: [{ name: 'all', sources: ['shop'] }],
  }
  const request = { projectId: worker.projectId, document, name: undefined, targetVault: undefined, createdBy: 'user:a' }
  await applyPlan(its.catalogue, systemContext, request, nothingAudited)
}

async function jobs(kind: 'CAPTURE' | 'BACKUP') {
  const own = its.catalogue.selectFrom('job').selectAll().where('projectId', '=', worker.projectId)
  return own.where('kind', '=', kind).orderBy('createdAt').execute()
}

async function begun() {
  await startDueCaptures(worker.parts)
  const capture = await worker.capture()
  assert.ok(capture !== undefined)
  const { run, done } = capture
  end = async () => {
    run.interrupt('shutdown')
    await done
  }
  return { done, stop: end }
}

/** Looks until the stream is as wanted: what a capture tells is written by it alone, in its own time. */
async function stream(isWanted: (row: StreamRow) => boolean): Promise<StreamRow> {
  const tooLong = AbortSignal.timeout(20_000)
  for (;;) {
    const [row] = await listStreams(its.catalogue, worker.projectId, systemContext.clock.nowMs())
    if (row !== undefined && isWanted(row)) return row
    await systemContext.clock.sleep(20, tooLong)
  }
}

const kinds = async () => (await findTroubles(its.catalogue, systemContext, worker.projectId)).map(({ kind }) => kind)

test('what a rule wants is captured by one job, whoever looks how often, and stopped when it is wanted no more', async () => {
  await Promise.all([startDueCaptures(worker.parts), startDueCaptures(worker.parts)])
  assert.equal((await jobs('CAPTURE')).length, 1)
  const { done } = await begun()
  await stream(({ state }) => state === 'CAPTURING')
  assert.equal(await worker.capture(), undefined)
  await plan(false)
  await startDueCaptures(worker.parts)
  await done
  assert.deepEqual(
    (await jobs('CAPTURE')).map(({ state }) => state),
    ['ABORTED'],
  )
  await stream(({ state }) => state === 'STOPPED')
  await startDueCaptures(worker.parts)
  assert.equal((await jobs('CAPTURE')).length, 1)
  // Nothing needs its log any more, so that the next prune takes it away.
  assert.equal(await startDuePrunes(worker.parts), 1)
  assert.deepEqual(
    (await worker.doAll()).map(({ kind, state }) => `${kind} ${state}`),
    ['PRUNE COMPLETED'],
  )
  assert.deepEqual(await listStreams(its.catalogue, worker.projectId, systemContext.clock.nowMs()), [])
})

test('the first base is made once log is captured, beside the capture, and the window begins with it', async () => {
  const { stop } = await begun()
  assert.equal((await stream(({ state }) => state === 'CAPTURING')).isBaseNeeded, true)
  await startDueCaptures(worker.parts)
  await startDueCaptures(worker.parts)
  assert.deepEqual(
    (await worker.doAll()).map(({ kind, state }) => `${kind} ${state}`),
    ['BACKUP COMPLETED', 'VERIFY COMPLETED'],
  )
  engine.changeSome(3)
  const row = await stream(
    ({ windowFrom, windowThrough, capturedBytes }) =>
      windowFrom !== null && windowThrough !== null && windowThrough > windowFrom && capturedBytes > 0,
  )
  assert.equal(row.isBaseNeeded, false)
  await startDueCaptures(worker.parts)
  assert.equal((await jobs('BACKUP')).length, 1)
  await stop()
  const [job] = await jobs('CAPTURE')
  assert.deepEqual([job?.state, job?.leaseUntil], ['RETRYING', null])
  const at = systemContext.clock.nowMs()
  assert.equal((await listStreams(its.catalogue, worker.projectId, at))[0]?.state, 'STARTING', 'nobody captures it any more')
})

test('a worker that died captures nothing, whatever it told last', async () => {
  await begun()
  await stream(({ state }) => state === 'CAPTURING')
  const pastLeaseMs = systemContext.clock.nowMs() + 2 * minuteMs
  assert.equal((await listStreams(its.catalogue, worker.projectId, pastLeaseMs))[0]?.state, 'STARTING')
})

test('a source that is away is asked again within the same job, and told of as an alarm once it is late', async () => {
  await begun()
  await stream(({ state }) => state === 'CAPTURING')
  engine.isDown = true
  engine.cut()
  const row = await stream(({ state }) => state === 'RETRYING')
  assert.equal(row.errorCode, 'source.unreachable')
  const later = { ...systemContext, clock: { ...systemContext.clock, nowMs: () => systemContext.clock.nowMs() + 60_000 } }
  const found = await findTroubles(its.catalogue, later, worker.projectId)
  assert.deepEqual(
    found
      .map(({ kind }) => kind)
      .filter((kind) => kind.startsWith('capture'))
      .toSorted(),
    ['capture.failed', 'capture.lag'],
  )
  assert.deepEqual(
    (await kinds()).filter((kind) => kind.startsWith('capture')),
    [],
  )
  engine.isDown = false
  await stream(({ state, errorCode }) => state === 'CAPTURING' && errorCode === null)
})

test('log that the source has lost is a gap: a new epoch begins by itself, and a base closes it', async () => {
  const first = await begun()
  await stream(({ state }) => state === 'CAPTURING')
  await startDueCaptures(worker.parts)
  await worker.doAll()
  await first.stop()
  engine.changeSome(3)
  engine.recycle(engine.head)
  await begun()
  const row = await stream(({ epoch }) => epoch === 2)
  assert.deepEqual([row.isBaseNeeded, row.gapAt !== null], [true, true])
  assert.ok((await kinds()).includes('capture.gap'))
  await startDueCaptures(worker.parts)
  assert.equal((await worker.doAll()).filter(({ kind }) => kind === 'BACKUP').length, 1)
  assert.equal((await stream(({ isBaseNeeded }) => !isBaseNeeded)).epoch, 2)
  const gaps = (await findTroubles(its.catalogue, systemContext, worker.projectId)).filter(({ kind }) => kind === 'capture.gap')
  assert.deepEqual(
    gaps.map(({ severity }) => severity),
    ['warning'],
    'what was swallowed stays lost, which somebody should know',
  )
  const gapAt = new Date(systemContext.clock.nowMs() - 11 * minuteMs)
  await its.catalogue.updateTable('stream').set({ gapAt }).execute()
  assert.ok(!(await kinds()).includes('capture.gap'))
})

test('a source that is captured can be deleted: the capture ends, and the source keeps nothing for us', async () => {
  const { done } = await begun()
  await stream(({ state }) => state === 'CAPTURING')
  assert.deepEqual(await deleteSource(worker.parts, worker.projectId, 'shop', nothingAudited, signal), [])
  await done
  assert.deepEqual([(await jobs('CAPTURE'))[0]?.state, released], ['ABORTED', 1])
  await startDueCaptures(worker.parts)
  assert.equal((await jobs('CAPTURE')).length, 1)
})
