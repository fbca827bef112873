import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { type Clock, dayMs, systemContext } from '@coffre/foundation'
import { type TemporaryFolder, temporaryFolder } from '@coffre/testkit'
import { sql } from 'kysely'
import { startDueRecords } from '../scheduler/due-records.ts'
import { startTestCatalogue, type TestCatalogue } from '../testing/test-catalogue.ts'
import { TestWorker } from '../testing/test-worker.ts'
import { compareAnchors } from './audit-anchor.ts'
import { AuditLog } from './audit-log.ts'
import { readAnchors } from './read-anchors.ts'

const signal = new AbortController().signal
let its: TestCatalogue
let folder: TemporaryFolder
let worker: TestWorker
let log: AuditLog
/** The calendar runs ahead, everything else takes its time. */
let aheadMs = 0
const { clock: real, random } = systemContext
const clock: Clock = {
  nowMs: () => real.nowMs() + aheadMs,
  monotonicMs: () => real.monotonicMs(),
  sleep: (delayMs, until) => real.sleep(delayMs, until),
}
const context = { clock, random }

before(async () => {
  its = await startTestCatalogue()
  folder = await temporaryFolder()
  worker = await TestWorker.start(its, { context })
  log = new AuditLog(its.catalogue, context)
  await worker.vault('main', { location: join(folder.path, 'main') })
})
after(async () => {
  await folder[Symbol.asyncDispose]()
  await its[Symbol.asyncDispose]()
})

async function act(count: number): Promise<void> {
  const nobody = { projectId: null, target: null, code: null, address: null, requestId: null, detail: {} }
  const event = { ...nobody, orgId: worker.orgId, principal: 'user:a', operation: 'tests.act', outcome: 'ALLOWED' } as const
  for (let number = 0; number < count; number++) await log.append(event)
}

/** A day later the vaults are told again. */
async function nextDay(): Promise<readonly { readonly state: string; readonly message: string | null }[]> {
  aheadMs += dayMs + 1000
  await startDueRecords(worker.parts)
  return worker.doAll()
}

async function breaksNow() {
  const { anchors, unread } = await readAnchors(worker.parts, signal)
  assert.deepEqual(unread, [])
  return { count: anchors.length, breaks: await compareAnchors(its.catalogue, anchors) }
}

/** What somebody does who has the database. */
async function beneath(change: ReturnType<typeof sql>): Promise<void> {
  await sql`alter table audit_entry disable trigger audit_entry_is_final`.execute(its.catalogue)
  await change.execute(its.catalogue)
  await sql`alter table audit_entry enable trigger audit_entry_is_final`.execute(its.catalogue)
}

beforeEach(() => act(5))

test('each day the head of the log goes into the vaults, and agrees with it', async () => {
  await nextDay()
  await act(3)
  const [job] = await nextDay()
  assert.equal(job?.state, 'COMPLETED')
  assert.deepEqual(await breaksNow(), { count: 2, breaks: [] })
  const rows = await its.catalogue.selectFrom('auditAnchor').select('number').orderBy('number').execute()
  assert.deepEqual(rows, [{ number: 5 }, { number: 8 }])
})

test('a log whose end was cut off, or goes on otherwise, is told, though its chain is whole', async () => {
  await nextDay()
  const { count } = await breaksNow()
  const last = await its.catalogue.selectFrom('auditEntry').select('number').orderBy('number', 'desc').executeTakeFirstOrThrow()
  await sql`delete from audit_anchor`.execute(its.catalogue)
  await beneath(sql`delete from audit_entry where number > ${last.number - 2}`)
  assert.equal((await log.verify(signal)).breakCount, 0)
  assert.deepEqual(await breaksNow(), { count, breaks: [{ number: last.number, problem: 'truncated' }] })
  await act(4)
  assert.equal((await log.verify(signal)).breakCount, 0)
  assert.deepEqual((await breaksNow()).breaks, [{ number: last.number, problem: 'rewritten' }])
  // The vault says so itself, and keeps what it knows.
  const [job] = await nextDay()
  assert.equal(job?.state, 'PARTIAL')
  assert.match(job?.message ?? '', new RegExp(`entry ${last.number} is rewritten`))
  assert.equal((await breaksNow()).count, count)
})

test('another log in its place is told, unless it begins with a rebuild that came later', async () => {
  await sql`delete from audit_anchor`.execute(its.catalogue)
  await beneath(sql`delete from audit_entry`)
  await act(2)
  assert.deepEqual((await breaksNow()).breaks, [{ number: 1, problem: 'replaced' }])
  await beneath(sql`delete from audit_entry`)
  assert.ok((await breaksNow()).breaks.length > 0)
  const nobody = { projectId: null, target: null, code: null, address: null, requestId: null, detail: {} }
  await log.append({ ...nobody, orgId: worker.orgId, principal: 'system', operation: 'catalogue.rebuild', outcome: 'ALLOWED' })
  assert.deepEqual((await breaksNow()).breaks, [])
})
