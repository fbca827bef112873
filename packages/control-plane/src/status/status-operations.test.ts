import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ApiProblem, type ClientInput, getStatus, listAlarms } from '@coffre/api-contract'
import { type Context, systemContext } from '@coffre/foundation'
import { renewAlarms } from '../alarms/alarm-book.ts'
import type { Trouble } from '../alarms/trouble.ts'
import { PeopleApi, type Person } from '../testing/people-api.ts'
import { makePoint, makeSource, makeVault } from '../testing/tenant-objects.ts'

let api: PeopleApi
let viewer: Person
let context: Context
before(async () => {
  api = await PeopleApi.start()
  context = { clock: api.clock, random: systemContext.random }
  viewer = await api.person('viewer', ['viewer'])
})
after(() => api[Symbol.asyncDispose]())

/** Makes the alarms agree with these troubles. */
async function find(...troubles: readonly Trouble[]): Promise<void> {
  api.clock.advance(1000)
  const { orgId, projectId: id } = api.its
  await renewAlarms(api.its.catalogue, context, { id, orgId }, troubles)
}

test('the status counts what there is, and is as bad as the worst alarm that holds; alarms that are over stay in their list', async () => {
  const { catalogue, projectId } = api.its
  const status = () => viewer.client.call(getStatus, {})
  const alarms = async (query: NonNullable<ClientInput<typeof listAlarms>['query']> = {}) =>
    (await viewer.client.call(listAlarms, { query })).items.map(({ kind }) => kind)
  const empty = await status()
  assert.deepEqual([empty.health, empty.sources, empty.vaults, empty.points, empty.alarms], ['ok', 0, 0, 0, []])
  const vaultId = await makeVault(catalogue, context, projectId, 'main')
  const sourceId = await makeSource(catalogue, context, projectId, 'docs')
  await makePoint(catalogue, context, { projectId, vaultId, sourceId })
  const { sources, vaults, points, protection } = await status()
  assert.deepEqual([sources, vaults, points], [1, 1, 1])
  assert.deepEqual(
    protection.map(({ source, state }) => [source.name, state]),
    [['docs', 'unprotected']],
  )

  const of = { projectId, message: 'm' } as const
  const late: Trouble = { ...of, kind: 'backup.late', severity: 'warning', subjectKind: 'source', subjectId: sourceId }
  const tampered: Trouble = { ...of, kind: 'vault.tampered', severity: 'critical', subjectKind: 'vault', subjectId: vaultId }
  await find(late)
  assert.equal((await status()).health, 'warning')
  await find(late, tampered)
  const worse = await status()
  assert.equal(worse.health, 'critical')
  assert.deepEqual(
    worse.alarms.map(({ kind, subject }) => [kind, subject.name]),
    [
      ['vault.tampered', 'main'],
      ['backup.late', 'docs'],
    ],
  )
  await find(tampered)
  assert.deepEqual(await alarms(), ['vault.tampered', 'backup.late'])
  assert.deepEqual(await alarms({ active: 'true' }), ['vault.tampered'])
  assert.deepEqual(await alarms({ active: 'false' }), ['backup.late'])
  const first = await viewer.client.call(listAlarms, { query: { limit: 1 } })
  assert.deepEqual(await alarms({ limit: 1, after: first.next }), ['backup.late'])
})

test('a page of alarms that no page before led to is refused', async () => {
  const wrong = viewer.client.call(listAlarms, { query: { after: 'nonsense' } })
  await assert.rejects(wrong, (error) => error instanceof ApiProblem && error.problem.code === 'request.invalid')
})
