import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSession } from '@coffre/api-contract'
import { dayMs, systemContext } from '@coffre/foundation'
import { newId } from '../catalogue/new-id.ts'
import { PeopleApi } from '../testing/people-api.ts'
import { forgetOld } from './forget-old.ts'

const signal = new AbortController().signal

test('what is old is forgotten, what is not stays, and requests for approval that expire are in the audit log', async () => {
  await using api = await PeopleApi.start()
  const { catalogue, people, projectId, within } = api.its
  const context = { clock: api.clock, random: systemContext.random }
  const forget = () => forgetOld({ catalogue, people, audit: api.audit, context }, signal)
  const officer = await api.person('officer', ['security-officer'])
  const count = async (table: 'session' | 'signInFailure' | 'idempotency') =>
    (
      await catalogue
        .selectFrom(table)
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow()
    ).count
  const counts = async () => [await count('session'), await count('signInFailure'), await count('idempotency')]

  const credentials = { name: 'nobody', password: 'wrong' }
  await assert.rejects(api.client().call(createSession, { body: credentials }))
  const row = { principal: 'user:x', operation: 'keys.create', token: 't', bodyHash: Buffer.alloc(32), status: 201, answer: null }
  await catalogue
    .insertInto('idempotency')
    .values({ ...row, createdAt: new Date(api.clock.nowMs()) })
    .execute()
  const action = { operation: 'holds.lift', target: { kind: 'hold', id: newId(context) }, request: {} }
  const id = await within((transaction) =>
    people.approvals.request(officer.actor, { ...action, reason: 'over', votesNeeded: 2 }, transaction),
  )
  await forget()
  assert.deepEqual(await counts(), [2, 3, 1])

  api.clock.advance(2 * dayMs)
  await forget()
  assert.deepEqual(await counts(), [2, 0, 0])
  api.clock.advance(6 * dayMs)
  await forget()
  assert.equal((await people.approvals.get(projectId, id)).state, 'EXPIRED')
  const [entry] = await api.lastEntries(1)
  assert.deepEqual([entry?.principal, entry?.operation, entry?.target], ['system', 'approvals.expire', `approval:${id}`])
  api.clock.advance(90 * dayMs)
  await forget()
  assert.deepEqual(await counts(), [0, 0, 0])
  assert.equal((await api.lastEntries(1))[0]?.target, `approval:${id}`)
  await assert.rejects(forgetOld({ catalogue, people, audit: api.audit, context }, AbortSignal.abort()))
})
