import assert from 'node:assert/strict'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Context, dayMs, hourMs, systemContext } from '@coffre/foundation'
import { loadIndex } from '@coffre/repository'
import { newId } from '../catalogue/new-id.ts'
import { deletePoint } from '../points/delete-point.ts'
import { restic } from '../testing/restic.ts'
import { startTestCatalogue, type TestCatalogue } from '../testing/test-catalogue.ts'
import { TestWorker } from '../testing/test-worker.ts'
import { openVault } from '../worker/open-vault.ts'
import { startDuePrunes } from './due-prunes.ts'
import { applyRetention } from './retention.ts'

const signal = new AbortController().signal
const audit = (): Promise<void> => Promise.resolve()

let its: TestCatalogue
let nowMs = Date.now()
const context: Context = { ...systemContext, clock: { ...systemContext.clock, nowMs: () => nowMs } }
let worker: TestWorker
let folder: string
let recoveryKey: string

before(async () => {
  its = await startTestCatalogue()
  worker = await TestWorker.start(its, { context })
  folder = join(its.stateFolder, '..', `coffre-retention-${newId(context)}`)
  await mkdir(folder)
  ;({ recoveryKey } = await worker.vault('main'))
  await worker.source('docs', folder)
})
after(async () => {
  await rm(folder, { recursive: true, force: true })
  await its[Symbol.asyncDispose]()
})

async function backupWith(content: Uint8Array, deleteAfter: string): Promise<string> {
  await writeFile(join(folder, 'content'), content)
  const point = await worker.backup('docs', 'main', { deleteAfter })
  return point.id
}

async function states(): Promise<string[]> {
  const rows = await its.catalogue
    .selectFrom('point')
    .select(['state', 'deletionDate'])
    .where('projectId', '=', worker.projectId)
    .orderBy('createdAt')
    .execute()
  return rows.map(({ state, deletionDate }) => `${state}${deletionDate === null ? '' : ' gone'}`)
}

async function snapshots(): Promise<number> {
  const { location } = await its.catalogue
    .selectFrom('vault')
    .select('location')
    .where('name', '=', 'main')
    .executeTakeFirstOrThrow()
  const all = JSON.parse(await restic(location, recoveryKey, ['snapshots', '--json'])) as { tags?: string[] }[]
  return all.filter(({ tags = [] }) => tags.includes('coffre:engine=files')).length
}

async function packs(): Promise<number> {
  const { id } = await its.catalogue.selectFrom('vault').select('id').where('name', '=', 'main').executeTakeFirstOrThrow()
  await using vault = await openVault(worker.parts, id, 'writer', signal)
  return (await loadIndex(vault.repository, {}, signal)).packs.limit
}

test('a point goes when its term is over, and the last good one of a protected source never by itself', async () => {
  await backupWith(systemContext.random.bytes(600_000), '1d')
  nowMs += 12 * hourMs
  await backupWith(systemContext.random.bytes(600_000), '1d')
  await applyRetention(worker.parts, signal)
  assert.deepEqual(await states(), ['COMPLETED', 'COMPLETED'])
  const dates = await its.catalogue.selectFrom('point').select('deleteAt').where('projectId', '=', worker.projectId).execute()
  assert.ok(dates.every(({ deleteAt }) => deleteAt !== null))
  nowMs += 13 * hourMs
  assert.equal(await applyRetention(worker.parts, signal), 1)
  assert.deepEqual(await states(), ['DELETING', 'COMPLETED'])
  await worker.doAll()
  assert.deepEqual(await states(), ['EXPIRED gone', 'COMPLETED'])
  assert.equal(await snapshots(), 1)
  nowMs += 2 * dayMs
  assert.equal(await applyRetention(worker.parts, signal), 0)
  assert.equal(await snapshots(), 1)
})

test('the space of what went is given back by prunes a day apart, and stock restic finds the vault in order', async () => {
  const before = await packs()
  assert.equal(await startDuePrunes(worker.parts), 1)
  assert.equal(await startDuePrunes(worker.parts), 0)
  await worker.doAll()
  nowMs += 25 * hourMs
  assert.equal(await startDuePrunes(worker.parts), 1)
  const [prune] = await worker.doAll()
  assert.ok(((prune?.result as { removedPacks: number } | null)?.removedPacks ?? 0) > 0)
  nowMs += 25 * hourMs
  assert.equal(await startDuePrunes(worker.parts), 0)
  assert.ok((await packs()) < before)
  const { location } = await its.catalogue
    .selectFrom('vault')
    .select('location')
    .where('name', '=', 'main')
    .executeTakeFirstOrThrow()
  await restic(location, recoveryKey, ['check', '--read-data'])
})

test('the last good point is deleted by hand only when that is said; others are; what is read by a job is not', async () => {
  const { projectId } = worker
  const [last] = await its.catalogue
    .selectFrom('point')
    .select('id')
    .where('projectId', '=', projectId)
    .where('deletionDate', 'is', null)
    .execute()
  const order = { projectId, pointId: last?.id ?? '', evenLast: false, deletedBy: 'user:a' }
  await assert.rejects(deletePoint(worker.parts, order, audit), { code: 'point.last' })
  const fresh = await backupWith(Buffer.from('new'), '30d')
  await assert.rejects(deletePoint(worker.parts, { ...order, pointId: newId(context) }, audit), { code: 'object.missing' })
  const request = JSON.stringify({ machine: null, pointId: order.pointId, read: 'all' })
  const labels = { projectId, accountLabel: '000000000000', regionLabel: 'local', createdBy: 'user:a' }
  const reading = await its.catalogue
    .transaction()
    .execute((transaction) => worker.parts.store.create({ ...labels, kind: 'VERIFY', request }, transaction))
  await assert.rejects(deletePoint(worker.parts, order, audit), { code: 'point.busy' })
  await worker.parts.store.cancel(reading ?? '')
  await deletePoint(worker.parts, order, audit)
  await assert.rejects(deletePoint(worker.parts, { ...order, pointId: fresh }, audit), { code: 'point.last' })
  await deletePoint(worker.parts, { ...order, pointId: fresh, evenLast: true }, audit)
  await worker.doAll()
  assert.equal(await snapshots(), 0)
})

test('a locked point stays until its lock ends, whatever its retention says', async () => {
  await worker.vault('locked', { lock: { mode: 'governance', minRetentionDays: 7 } })
  const { id, lockUntil } = await worker.backup('docs', 'locked', { deleteAfter: '7d' })
  assert.ok(lockUntil !== null && lockUntil.getTime() >= nowMs + 6 * dayMs)
  const order = { projectId: worker.projectId, pointId: id, evenLast: true, deletedBy: 'user:a' }
  await assert.rejects(deletePoint(worker.parts, order, audit), { code: 'point.locked' })
  await assert.rejects(worker.backup('docs', 'locked', { deleteAfter: '2d' }))
  const failed = await its.catalogue.selectFrom('job').select('error').where('state', '=', 'FAILED').execute()
  assert.deepEqual(
    failed.map(({ error }) => (error as { code: string }).code),
    ['policy.retention-invalid'],
  )
})
