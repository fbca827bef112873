import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { type Context, systemContext } from '@coffre/foundation'
import { newHexId, newId } from '../catalogue/new-id.ts'
import type { JobKind } from '../catalogue/tables/work-tables.ts'
import { makeProject, startTestCatalogue, type TestCatalogue } from '../testing/test-catalogue.ts'
import { JobClaims } from './job-claims.ts'
import { JobStore, type NewJob } from './job-store.ts'

const leaseMs = 30_000
let its: TestCatalogue
let nowMs = Date.UTC(2026, 0, 1)
const context: Context = { ...systemContext, clock: { ...systemContext.clock, nowMs: () => nowMs } }
let store: JobStore
let claims: JobClaims
let projectId: string
const labels = { accountLabel: '000000000000', regionLabel: 'local' }

before(async () => {
  its = await startTestCatalogue()
  store = new JobStore(its.catalogue, context)
  claims = new JobClaims(its.catalogue, store, context, { jobsPerVault: 2 })
})
after(() => its[Symbol.asyncDispose]())
beforeEach(async () => {
  // What an earlier test left would be taken too.
  await its.catalogue.updateTable('job').set({ state: 'ABORTED', workerId: null, leaseUntil: null }).execute()
  ;({ projectId } = await makeProject(its.catalogue, context, newId(context)))
})

async function vault(): Promise<string> {
  const id = newId(context)
  const row = { id, projectId, ...labels, name: id, location: `/vaults/${id}`, createdAt: new Date(nowMs) }
  await its.catalogue
    .insertInto('vault')
    .values({ ...row, kind: 'BACKUP_VAULT', state: 'AVAILABLE' })
    .execute()
  return id
}

async function source(): Promise<string> {
  const id = newId(context)
  const ids = { id, hexId: newHexId(context), zoneHexId: newHexId(context), replicationSpecHexId: newHexId(context) }
  const row = { ...ids, projectId, ...labels, name: id, engine: 'files', identity: id, config: '{}', findings: '[]' }
  await its.catalogue
    .insertInto('source')
    .values({ ...row, state: 'READY', createdAt: new Date(nowMs) })
    .execute()
  return id
}

async function job(kind: JobKind, more: Partial<NewJob> & { readonly machine?: string } = {}): Promise<string> {
  const { machine = null, ...columns } = more
  const row = { projectId, ...labels, kind, createdBy: 'user:a', request: JSON.stringify({ machine }), ...columns }
  const id = await its.catalogue.transaction().execute((transaction) => store.create(row, transaction))
  return id ?? ''
}

async function next(machine = 'here', captures = false): Promise<string | undefined> {
  const workerId = newId(context)
  const at = new Date(nowMs)
  await its.catalogue
    .insertInto('worker')
    .values({ id: workerId, hostname: 'h', pid: 1, version: '0', startedAt: at, seenAt: at })
    .execute()
  return (await claims.next({ workerId, leaseMs, machine, captures }))?.job.id
}

test('the most urgent comes first, then the one that waits longest; what is put off waits', async () => {
  const first = await job('VERIFY')
  nowMs += 1
  const second = await job('VERIFY')
  const urgent = await job('VERIFY', { priority: 5 })
  const later = await job('VERIFY', { notBefore: new Date(nowMs + 1000), priority: 9 })
  assert.deepEqual([await next(), await next(), await next(), await next()], [urgent, first, second, undefined])
  nowMs += 1000
  assert.equal(await next(), later)
})

test('one backup of a source at a time, and so many jobs on a vault; restores wait for nobody', async () => {
  const [vaultId, sourceId] = [await vault(), await source()]
  const one = await job('BACKUP', { vaultId, sourceId })
  const two = await job('BACKUP', { vaultId, sourceId })
  const other = await job('BACKUP', { vaultId, sourceId: await source() })
  assert.equal(await next(), one)
  assert.equal(await next(), other)
  assert.equal(await next(), undefined)
  const restore = await job('RESTORE', { vaultId, sourceId })
  assert.equal(await next(), restore)
  await its.catalogue
    .updateTable('job')
    .set({ state: 'COMPLETED', workerId: null, leaseUntil: null })
    .where('id', '=', one)
    .execute()
  assert.equal(await next(), undefined)
  await its.catalogue
    .updateTable('job')
    .set({ state: 'COMPLETED', workerId: null, leaseUntil: null })
    .where('id', 'in', [other, restore])
    .execute()
  assert.equal(await next(), two)
})

test('captures are for whoever asks for them, wait for nobody, and nobody waits for them', async () => {
  const [vaultId, sourceId] = [await vault(), await source()]
  const captures = [
    await job('CAPTURE', { vaultId, sourceId }),
    await job('CAPTURE', { vaultId, sourceId: await source() }),
    await job('CAPTURE', { vaultId, sourceId: await source() }),
  ]
  assert.equal(await next(), undefined)
  for (const capture of captures) {
    assert.equal(await next('here', true), capture)
    nowMs += 1
  }
  const backup = await job('BACKUP', { vaultId, sourceId })
  assert.equal(await next('here', true), undefined)
  assert.equal(await next(), backup)
})

test('a copy counts for both of its vaults', async () => {
  const [from, to] = [await vault(), await vault()]
  await job('COPY', { vaultId: from, targetVaultId: to })
  await job('COPY', { vaultId: from, targetVaultId: to })
  assert.ok((await next()) !== undefined && (await next()) !== undefined)
  await job('VERIFY', { vaultId: to })
  assert.equal(await next(), undefined)
})

test('one prune of a vault at a time', async () => {
  const vaultId = await vault()
  const prune = await job('PRUNE', { vaultId })
  await job('PRUNE', { vaultId })
  const elsewhere = await job('PRUNE', { vaultId: await vault() })
  assert.deepEqual([await next(), await next(), await next()], [prune, elsewhere, undefined])
})

test('what needs the files of a machine is for workers there', async () => {
  const there = await job('VERIFY', { machine: 'there' })
  assert.equal(await next('here'), undefined)
  assert.equal(await claims.isWaiting('here', nowMs), false)
  assert.equal(await claims.isWaiting('there', nowMs), true)
  assert.equal(await next('there'), there)
})

test('limits hold however many workers ask at once', async () => {
  const [vaultId, sourceId] = [await vault(), await source()]
  for (let n = 0; n < 6; n++) await job('BACKUP', { vaultId, sourceId })
  const taken = await Promise.all(Array.from({ length: 6 }, () => next()))
  assert.equal(taken.filter((id) => id !== undefined).length, 1)
})

test('the job of a worker that is lost is taken when its lease ends, or at once when it is known to be gone', async () => {
  const id = await job('VERIFY')
  await next()
  assert.equal(await next(), undefined)
  nowMs += leaseMs
  assert.equal(await next(), id)
  const held = await its.catalogue.selectFrom('job').select('workerId').where('id', '=', id).executeTakeFirstOrThrow()
  await store.endLeases(held.workerId ?? '')
  assert.equal(await next(), id)
})

test('a job that has lost worker after worker fails, and is not tried for ever', async () => {
  const id = await job('VERIFY')
  let attempts = 0
  while ((await next()) !== undefined) {
    attempts++
    nowMs += leaseMs
  }
  assert.equal(attempts, 25)
  const { state, error } = await its.catalogue
    .selectFrom('job')
    .select(['state', 'error'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  assert.deepEqual([state, (error as { code: string }).code], ['FAILED', 'job.lost'])
})
