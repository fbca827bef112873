import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { systemContext } from '@coffre/foundation'
import { sql } from 'kysely'
import { makeProject, startTestCatalogue, type TestCatalogue } from '../testing/test-catalogue.ts'
import { type AuditEvent, AuditLog } from './audit-log.ts'

const signal = new AbortController().signal
let its: TestCatalogue
let orgId: string

before(async () => {
  its = await startTestCatalogue()
  ;({ orgId } = await makeProject(its.catalogue, systemContext, 'audited'))
})
after(() => its[Symbol.asyncDispose]())

const event = (operation: string): AuditEvent => ({
  orgId,
  projectId: null,
  principal: 'user:a',
  operation,
  target: null,
  outcome: 'ALLOWED',
  code: null,
  detail: { name: 'é', sizes: [1, 2.5, null], nested: { z: true, a: false } },
  address: '127.0.0.1',
  requestId: null,
})

test('many writers make one chain without a gap', async () => {
  const log = new AuditLog(its.catalogue, systemContext)
  const numbers = await Promise.all(Array.from({ length: 50 }, (_, i) => log.append(event(`operation.${i}`))))
  assert.deepEqual(
    numbers.toSorted((a, b) => a - b),
    Array.from({ length: 50 }, (_, i) => i + 1),
  )
  const { entries, breaks } = await log.verify(signal)
  assert.deepEqual({ entries, breaks }, { entries: 50, breaks: [] })
})

test('an action that is undone leaves no entry, and no gap', async () => {
  const log = new AuditLog(its.catalogue, systemContext)
  const undone = its.catalogue.transaction().execute(async (transaction) => {
    await log.append(event('undone'), transaction)
    throw new Error('undo')
  })
  await assert.rejects(undone, /undo/)
  await log.append(event('after'))
  const { entries, breaks } = await log.verify(signal)
  assert.deepEqual({ entries, breaks }, { entries: 51, breaks: [] })
})

test('what was changed or removed beneath the table is found', async () => {
  const log = new AuditLog(its.catalogue, systemContext)
  const beneath = async (change: ReturnType<typeof sql>): Promise<void> => {
    await sql`alter table audit_entry disable trigger audit_entry_is_final`.execute(its.catalogue)
    await change.execute(its.catalogue)
    await sql`alter table audit_entry enable trigger audit_entry_is_final`.execute(its.catalogue)
  }
  await beneath(sql`update audit_entry set detail = detail || '{"name": "e"}' where number = 7`)
  assert.deepEqual((await log.verify(signal)).breaks, [{ number: 7, problem: 'changed' }])
  await beneath(sql`delete from audit_entry where number = 9`)
  assert.deepEqual((await log.verify(signal)).breaks, [
    { number: 7, problem: 'changed' },
    { number: 9, problem: 'missing' },
  ])
})
