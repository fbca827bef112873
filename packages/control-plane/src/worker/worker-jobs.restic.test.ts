import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { dayMs, systemContext } from '@coffre/foundation'
import { findTroubles } from '../alarms/find-troubles.ts'
import type { Job } from '../jobs/job-store.ts'
import { startBackup } from '../jobs/start-backup.ts'
import { startRestore } from '../jobs/start-restore.ts'
import { applyPlan } from '../plans/apply-plan.ts'
import { protectionOf } from '../status/protection.ts'
import { restic } from '../testing/restic.ts'
import { startTestCatalogue, type TestCatalogue } from '../testing/test-catalogue.ts'
import { TestWorker } from '../testing/test-worker.ts'

let its: TestCatalogue
let worker: TestWorker
let folder: string
const folders: string[] = []

before(async () => {
  its = await startTestCatalogue()
})
after(async () => {
  for (const path of folders) await rm(path, { recursive: true, force: true })
  await its[Symbol.asyncDispose]()
})
beforeEach(async () => {
  worker = await TestWorker.start(its)
  folder = await mkdtemp(join(tmpdir(), 'coffre-worker-'))
  folders.push(folder)
  await mkdir(join(folder, 'docs'))
  await writeFile(join(folder, 'docs/one'), 'first')
})

const vaultAt = (name: string) => worker.vault(name, { location: join(folder, name) })

async function order(more: Partial<Parameters<typeof startBackup>[1]> = {}): Promise<string> {
  const { projectId } = worker
  const basis = { projectId, source: 'docs', vault: 'main', lifecycle: undefined, tags: {}, description: undefined }
  return startBackup(worker.parts, { ...basis, createdBy: 'user:a', ...more })
}

async function restore(to: string, more: Partial<Parameters<typeof startRestore>[1]> = {}): Promise<Job | undefined> {
  const { projectId } = worker
  const basis = { projectId, source: 'docs', point: undefined, at: undefined, overwrite: false, createdBy: 'user:a' }
  const id = await startRestore(worker.parts, { ...basis, to, ...more })
  return (await worker.doAll()).find((job) => job.id === id)
}

function detailOf(job: Job | undefined): string {
  const { detail = '' } = (job?.error ?? {}) as { readonly detail?: string }
  return detail
}

const points = () =>
  its.catalogue.selectFrom('point').selectAll().where('projectId', '=', worker.projectId).orderBy('createdAt').execute()
const troubles = async () =>
  (await findTroubles(its.catalogue, systemContext, worker.projectId)).map(({ kind, severity }) => `${kind} ${severity}`)
const protection = async () => (await protectionOf(its.catalogue, worker.projectId, new Date()))[0]?.state

test('a plan says where a source goes, what becomes of its points, and which copies there are', async () => {
  await worker.source('docs', join(folder, 'docs'))
  await vaultAt('main')
  const { recoveryKey } = await vaultAt('far')
  const copies = [{ targetVault: 'far', lifecycle: { deleteAfter: '90d' } }]
  const rule = {
    name: 'rule',
    schedule: 'every 6h',
    targetVault: 'main',
    lifecycle: { keep: '7d,4w' },
    copies,
    pointTags: { by: 'plan' },
  }
  const document = { name: 'plan', rules: [rule], selections: [{ name: 'all', sources: ['docs'] }] }
  const request = { projectId: worker.projectId, document, name: undefined, targetVault: undefined, createdBy: 'user:a' }
  await applyPlan(its.catalogue, systemContext, request, () => Promise.resolve())
  await order({ vault: undefined, tags: { release: 'v1' } })
  const done = await worker.doAll()
  assert.deepEqual(done.map(({ kind, state }) => `${kind} ${state}`).toSorted(), [
    'BACKUP COMPLETED',
    'COPY COMPLETED',
    'VERIFY COMPLETED',
    'VERIFY COMPLETED',
  ])
  const [point, copy] = (await points()).toSorted((a) => (a.vaultName === 'main' ? -1 : 1))
  assert.deepEqual(
    [point?.ruleName, point?.keepLevels, point?.deleteAt, point?.verification],
    ['rule', ['daily', 'weekly'], null, 'SAMPLED'],
  )
  assert.deepEqual([copy?.vaultName, copy?.sourcePointId, copy?.keepLevels, copy?.verification], ['far', point?.id, [], 'SAMPLED'])
  const days = ((copy?.deleteAt?.getTime() ?? 0) - (copy?.consistentAt?.getTime() ?? 0)) / dayMs
  assert.equal(days, 90)
  const tags = await its.catalogue
    .selectFrom('tag')
    .select(['key', 'value'])
    .where('objectId', '=', copy?.id ?? '')
    .execute()
  assert.deepEqual(Object.fromEntries(tags.map(({ key, value }) => [key, value])), { by: 'plan', release: 'v1' })
  const [snapshot] = JSON.parse(await restic(join(folder, 'far'), recoveryKey, ['snapshots', '--json'])) as { id: string }[]
  assert.equal(snapshot?.id, copy?.snapshotId)
  assert.equal(await protection(), 'ok')
})

test('a source that is gone fails its backup at once, and is an alarm until a backup succeeds', async () => {
  await worker.source('docs', join(folder, 'docs'))
  await vaultAt('main')
  await rm(join(folder, 'docs'), { recursive: true })
  await order()
  const [failed] = await worker.doAll()
  assert.deepEqual([failed?.state, failed?.attempt], ['FAILED', 1])
  assert.match(detailOf(failed), /docs/)
  assert.deepEqual(await points(), [])
  assert.deepEqual(await troubles(), ['backup.failed critical'])
  assert.equal(await protection(), 'failed')
  await mkdir(join(folder, 'docs'))
  await order()
  await worker.doAll()
  assert.deepEqual(await troubles(), [])
})

test('a vault that is not in its place fails its jobs with the place, and nothing is made there', async () => {
  await worker.source('docs', join(folder, 'docs'))
  const { id } = await vaultAt('main')
  const elsewhere = join(folder, 'unmounted')
  await its.catalogue.updateTable('vault').set({ location: elsewhere }).where('id', '=', id).execute()
  await order()
  const [job] = await worker.doAll()
  assert.equal(job?.state, 'FAILED')
  assert.match(detailOf(job), /unmounted/)
  assert.ok(!(await readdir(folder)).includes('unmounted'))
  assert.deepEqual(await troubles(), ['backup.failed critical'])
})

test('another repository in the place of a vault is refused, and nothing is written into it', async () => {
  await worker.source('docs', join(folder, 'docs'))
  const { id } = await vaultAt('main')
  await vaultAt('other')
  const other = await its.catalogue
    .selectFrom('vault')
    .select(['keySecretId', 'location'])
    .where('projectId', '=', worker.projectId)
    .where('name', '=', 'other')
    .executeTakeFirstOrThrow()
  await its.catalogue
    .updateTable('vault')
    .set({ location: `${other.location}-moved` })
    .where('name', '=', 'other')
    .execute()
  await its.catalogue.updateTable('vault').set(other).where('id', '=', id).execute()
  await order()
  const [job] = await worker.doAll()
  assert.equal(job?.state, 'FAILED')
  assert.match(detailOf(job), /is not the vault main/)
  assert.deepEqual(await readdir(join(folder, 'other/snapshots')), [])
})

test('damage in the vault fails the verification, marks the point, is critical, and such a point is not the one restored', async () => {
  await worker.source('docs', join(folder, 'docs'))
  await vaultAt('main')
  await worker.backup('docs', 'main')
  await writeFile(join(folder, 'docs/two'), systemContext.random.bytes(200_000))
  const before = new Set(await readdir(join(folder, 'main/data'), { recursive: true }))
  const point = await worker.backup('docs', 'main')
  const fresh = (await readdir(join(folder, 'main/data'), { recursive: true })).filter((name) => !before.has(name))
  for (const name of fresh.filter((path) => path.includes('/'))) await rm(join(folder, 'main/data', name))
  const labels = { projectId: worker.projectId, accountLabel: '000000000000', regionLabel: 'local', createdBy: 'user:a' }
  const about = { vaultId: point.vaultId, vaultName: 'main', sourceId: point.sourceId, sourceName: 'docs' }
  const request = JSON.stringify({ machine: null, pointId: point.id, read: 'all' })
  await its.catalogue
    .transaction()
    .execute((transaction) => worker.parts.store.create({ ...labels, ...about, kind: 'VERIFY', request }, transaction))
  const [verify] = await worker.doAll()
  assert.equal(verify?.state, 'FAILED')
  assert.deepEqual(
    (await points()).map(({ verification }) => verification),
    ['SAMPLED', 'FAILED'],
  )
  assert.deepEqual(await troubles(), ['point.damaged critical'])
  assert.equal((await restore(join(folder, 'out')))?.state, 'COMPLETED')
  assert.deepEqual(await readdir(join(folder, 'out')), ['one'])
})

test('what cannot be read makes the point partial, and the log names it', async () => {
  // Root reads everything but this.
  await worker.source('docs', join(folder, 'docs'), ['/proc/self/mem'])
  await vaultAt('main')
  await order()
  const [job] = await worker.doAll()
  assert.deepEqual([job?.state, job?.percent], ['PARTIAL', 100])
  const log = await its.catalogue
    .selectFrom('jobLog')
    .select('message')
    .where('jobId', '=', job?.id ?? '')
    .execute()
  assert.match(log.map(({ message }) => message).join(), /\/proc\/self\/mem/)
  const [point] = await points()
  assert.equal(point?.state, 'PARTIAL')
  assert.deepEqual(await troubles(), ['backup.failed warning'])
})

test('neither the state folder nor a vault is restored over', async () => {
  await worker.source('docs', join(folder, 'docs'))
  await vaultAt('main')
  await worker.backup('docs', 'main')
  for (const to of [its.stateFolder, join(its.stateFolder, 'inner'), join(folder, 'main'), join(folder, 'main/data')]) {
    const job = await restore(to, { overwrite: true })
    assert.equal(job?.state, 'FAILED', to)
    assert.match(detailOf(job), /belongs to Coffre itself/)
  }
})

test('a job that is cancelled while it waits makes nothing', async () => {
  await worker.source('docs', join(folder, 'docs'))
  await vaultAt('main')
  const id = await order()
  assert.equal(await worker.parts.store.cancel(id), 'ABORTED')
  assert.deepEqual(await worker.doAll(), [])
  assert.deepEqual(await points(), [])
})
