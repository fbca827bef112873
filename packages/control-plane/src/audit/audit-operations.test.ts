import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ApiProblem, type AuditEntryView, createUser, exportAudit, listAudit, listUsers, verifyAudit } from '@coffre/api-contract'
import { systemContext } from '@coffre/foundation'
import { sql } from 'kysely'
import { PeopleApi, type Person } from '../testing/people-api.ts'
import { makeProject } from '../testing/test-catalogue.ts'
import { hashAudit } from './audit-chain.ts'

let api: PeopleApi
let auditor: Person
let officer: Person
before(async () => {
  api = await PeopleApi.start()
  auditor = await api.person('auditor', ['auditor'])
  officer = await api.person('officer', ['security-officer'])
})
after(() => api[Symbol.asyncDispose]())

const codeIs = (code: string) => (error: unknown) => error instanceof ApiProblem && error.problem.code === code

function append(detail: Record<string, unknown>, projectId: string | null = api.its.projectId, orgId = api.its.orgId) {
  const said = { principal: 'system', operation: 'tests.run', target: 'test:1', outcome: 'ALLOWED', code: null } as const
  return api.audit.append({ ...said, orgId, projectId, detail, address: '192.0.2.9', requestId: null })
}

async function all(entries: AsyncIterable<AuditEntryView>): Promise<AuditEntryView[]> {
  return Array.fromAsync(entries)
}

test('entries are listed in pages, the newest first, and by what they say', async () => {
  for (let n = 0; n < 5; n++) {
    await append({ n })
    api.clock.advance(1000)
  }
  await officer.client.call(createUser, { body: { name: 'some' } })
  await assert.rejects(auditor.client.call(createUser, { body: { name: 'more' } }), codeIs('auth.forbidden'))
  const numbers: number[] = []
  for (let after: string | undefined; ; ) {
    const page = await auditor.client.call(listAudit, {
      query: { operation: 'tests.*', limit: 2, ...(after === undefined ? {} : { after }) },
    })
    numbers.push(...page.items.map(({ detail }) => Number(detail['n'])))
    if (page.next === undefined) break
    after = page.next
  }
  assert.deepEqual(numbers, [4, 3, 2, 1, 0])
  const found = async (query: Parameters<typeof auditor.client.call<typeof listAudit>>[1]['query']) =>
    (await auditor.client.call(listAudit, query === undefined ? {} : { query })).items.map(({ operation, outcome }) => [
      operation,
      outcome,
    ])
  assert.deepEqual(await found({ outcome: 'DENIED' }), [['users.create', 'DENIED']])
  assert.deepEqual(await found({ principal: officer.actor.id }), [['users.create', 'ALLOWED']])
  assert.deepEqual(await found({ target: 'test:2' }), [])
  assert.deepEqual(await found({ operation: 'tests.%' }), [])
  assert.deepEqual(await found({ operation: 'test%.*' }), [])
  const second = new Date(Date.UTC(2026, 0, 1) + 1000).toISOString()
  const third = new Date(Date.UTC(2026, 0, 1) + 2000).toISOString()
  assert.equal((await found({ since: second, before: third })).length, 1)
  await assert.rejects(auditor.client.call(listAudit, { query: { after: 'x' } }), codeIs('request.invalid'))
})

test('an export is every entry in its order, goes on after the last one seen, and proves itself', async () => {
  for (let n = 0; n < 600; n++) await append({ n })
  const entries = await all(auditor.client.stream(exportAudit, {}))
  assert.ok(entries.length > 600)
  for (const [i, { previousHash, hash, at, ...rest }] of entries.entries()) {
    assert.equal(rest.number, i + 1)
    assert.equal(hashAudit(Buffer.from(previousHash, 'hex'), { ...rest, at: new Date(at) }).toString('hex'), hash)
  }
  const headers = { authorization: `Bearer ${auditor.token}` }
  const answer = await api.request('/api/v1/audit/export', { headers: { ...headers, 'last-event-id': String(entries.length - 1) } })
  const ids = [...(await answer.text()).matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id))
  assert.deepEqual(ids, [entries.length])
  const wrong = await api.request('/api/v1/audit/export', { headers: { ...headers, 'last-event-id': 'x' } })
  assert.match(await wrong.text(), /request\.invalid/)
})

test('who sees the log of one project sees that of no other; nobody sees that of another organisation', async () => {
  const theirs = await makeProject(api.its.catalogue, { clock: api.clock, random: systemContext.random }, 'theirs')
  await append({ whose: 'theirs' }, theirs.projectId, theirs.orgId)
  await append({ whose: 'nobody’s' }, null)
  await append({ whose: 'ours' })
  const local = await api.person('local', ['auditor'], api.its.projectId)
  const seen = async ({ client }: Person) => {
    const entries = await all(client.stream(exportAudit, { query: { operation: 'tests.run' } }))
    return entries.map(({ detail }) => detail['whose']).filter((whose) => whose !== undefined)
  }
  assert.deepEqual(await seen(auditor), ['nobody’s', 'ours'])
  assert.deepEqual(await seen(local), ['ours'])
  assert.equal((await local.client.call(listAudit, { query: { limit: 1 } })).items[0]?.projectId, api.its.projectId)
})

test('the chain is verified, and what was changed beneath it is named', async () => {
  const { entries, isIntact, head, breaks } = await auditor.client.call(verifyAudit, {})
  assert.deepEqual([isIntact, breaks], [true, []])
  assert.equal((await auditor.client.call(listAudit, { query: { limit: 1 } })).items[0]?.hash, head)
  const viewer = await api.person('viewer', ['viewer'])
  await assert.rejects(viewer.client.call(verifyAudit, {}), codeIs('auth.forbidden'))
  await assert.rejects(viewer.client.call(listUsers, {}), codeIs('auth.forbidden'))

  await sql`alter table audit_entry disable trigger audit_entry_is_final`.execute(api.its.catalogue)
  await sql`update audit_entry set detail = '{"n": "forged"}' where operation = 'tests.run'`.execute(api.its.catalogue)
  await sql`alter table audit_entry enable trigger audit_entry_is_final`.execute(api.its.catalogue)
  const forged = await auditor.client.call(verifyAudit, {})
  assert.ok(!forged.isIntact && forged.entries > entries)
  assert.deepEqual(forged.breaks[0], { number: 1, problem: 'changed' })
  // All are counted; a hundred are named.
  assert.ok(forged.breakCount > 600)
  assert.equal(forged.breaks.length, 100)
})
