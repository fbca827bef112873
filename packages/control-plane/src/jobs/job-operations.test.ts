import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  ApiProblem,
  type ClientInput,
  cancelJob,
  getJob,
  type JobView,
  listJobs,
  readJobLog,
  startBackup,
  startHeal,
  startPrune,
  startRestore,
  startVerification,
} from '@coffre/api-contract'
import { type Context, hourMs, systemContext } from '@coffre/foundation'
import { PeopleApi, type Person } from '../testing/people-api.ts'
import { makePoint, makeSource, makeVault } from '../testing/tenant-objects.ts'

const nothingId = '01890a5d-ac96-774b-bcce-b302099a8057'

let api: PeopleApi
let context: Context
let person: Person
let sourceId: string
let vaultId: string
before(async () => {
  api = await PeopleApi.start()
  context = { clock: api.clock, random: systemContext.random }
  person = await api.person('person', ['backup-administrator', 'restore-operator'])
  const { catalogue, projectId } = api.its
  sourceId = await makeSource(catalogue, context, projectId, 'docs')
  vaultId = await makeVault(catalogue, context, projectId, 'main')
})
after(() => api[Symbol.asyncDispose]())

const codeIs = (code: string) => (error: unknown) => error instanceof ApiProblem && error.problem.code === code

async function point(more: { readonly state?: 'DELETING'; readonly completedAt?: Date } = {}): Promise<string> {
  const { catalogue, projectId } = api.its
  const id = await makePoint(catalogue, context, { projectId, vaultId, sourceId })
  const completedAt = new Date(api.clock.nowMs())
  await catalogue
    .updateTable('point')
    .set({ completedAt, ...more })
    .where('id', '=', id)
    .execute()
  return id
}

const backup = (source: string, body: NonNullable<ClientInput<typeof startBackup>['body']>) =>
  person.client.call(startBackup, { params: { source }, body })

test('each start makes a job that waits, for what it names, and is in the audit log', async () => {
  const { client } = person
  const pointId = await point()
  const asked: readonly (readonly [kind: string, made: JobView])[] = [
    ['BACKUP', await backup('docs', { vault: 'main', lifecycle: { deleteAfter: '35d' }, tags: { release: 'v1' } })],
    ['RESTORE', await client.call(startRestore, { params: { source: 'docs' }, body: { to: '/out' } })],
    ['VERIFY', await client.call(startVerification, { params: { point: pointId }, body: {} })],
    ['PRUNE', await client.call(startPrune, { params: { vault: 'main' }, body: {} })],
    ['HEAL', await client.call(startHeal, { params: { vault: 'main' }, body: { dryRun: true } })],
  ]
  const entries = await api.lastEntries(asked.length)
  for (const [i, [kind, made]] of asked.entries()) {
    const { id, state, vault, source } = made
    assert.deepEqual([made.kind, state, vault?.name], [kind, 'PENDING', 'main'])
    assert.equal(source?.name, kind === 'PRUNE' || kind === 'HEAL' ? undefined : 'docs')
    assert.deepEqual(await client.call(getJob, { params: { job: id } }), made)
    const entry = entries.at(-1 - i)
    assert.deepEqual([entry?.target, entry?.outcome], [`job:${id}`, 'ALLOWED'], kind)
  }
})

test('what a restore signs in with is kept sealed for as long as its job, and shown nowhere', async () => {
  const { client } = person
  const { catalogue, projectId } = api.its
  const shop = await makeSource(catalogue, context, projectId, 'shop')
  const id = await makePoint(catalogue, context, { projectId, vaultId, sourceId: shop })
  await catalogue.updateTable('point').set({ engine: 'postgresql' }).where('id', '=', id).execute()
  const secrets = { password: 'Into-Password-7' }
  const config = { members: [{ host: 'db', port: 5432 }], user: 'keeper', database: 'shop' }
  const body = { point: id, into: { config, secrets }, parts: ['public.orders'], options: { schema: 'restored' } }
  const made = await client.call(startRestore, { params: { source: 'shop' }, body })
  const row = () => catalogue.selectFrom('job').selectAll().where('id', '=', made.id).executeTakeFirstOrThrow()
  const { secretId, request } = await row()
  assert.ok(secretId !== null)
  const kept = () => catalogue.selectFrom('secret').selectAll().where('id', '=', secretId).execute()
  assert.equal((await kept()).length, 1)
  const shown = JSON.stringify([made, request, await kept(), await api.lastEntries(3)])
  assert.ok(!shown.includes(secrets.password))
  assert.deepEqual((request as { into?: unknown }).into, { config })
  await client.call(cancelJob, { params: { job: made.id } })
  assert.deepEqual([(await row()).secretId, await kept()], [null, []])
  const wrong: readonly (readonly [NonNullable<ClientInput<typeof startRestore>['body']>, string])[] = [
    [{ ...body, into: { config: { ...config, password: 'x' } } }, 'source.config-invalid'],
    [{ ...body, into: { config, secrets: { passphrase: 'x' } } }, 'source.config-invalid'],
    [{ point: id, to: '/out', parts: ['public.orders'] }, 'usage.invalid'],
  ]
  for (const [input, code] of wrong)
    await assert.rejects(client.call(startRestore, { params: { source: 'shop' }, body: input }), codeIs(code))
})

test('what cannot be started is refused before there is a job', async () => {
  const { client } = person
  const everything = await client.call(listJobs, { query: {} })
  const empty = await makeSource(api.its.catalogue, context, api.its.projectId, 'empty')
  const leaving = await point({ state: 'DELETING' })
  const restore = (source: string, body: NonNullable<ClientInput<typeof startRestore>['body']>) =>
    client.call(startRestore, { params: { source }, body })
  const refused: Readonly<Record<string, readonly (() => Promise<unknown>)[]>> = {
    'object.missing': [
      () => backup('nowhere', {}),
      () => backup('docs', { vault: 'nowhere' }),
      // No plan says where it goes.
      () => backup('docs', {}),
      () => restore('nowhere', { to: '/out' }),
      () => restore('docs', { to: '/out', point: nothingId }),
      () => client.call(startVerification, { params: { point: nothingId }, body: {} }),
      () => client.call(startPrune, { params: { vault: 'nowhere' }, body: {} }),
      () => client.call(startHeal, { params: { vault: 'nowhere' }, body: {} }),
    ],
    'policy.retention-invalid': [() => backup('docs', { vault: 'main', lifecycle: { deleteAfter: 'soon' } })],
    'point.none': [() => restore(empty, { to: '/out' }), () => restore('docs', { to: '/out', at: '2001-01-01T00:00:00Z' })],
    'point.not-restorable': [
      () => restore('docs', { to: '/out', point: leaving }),
      () => client.call(startVerification, { params: { point: leaving }, body: {} }),
    ],
    'usage.invalid': [
      () => restore('docs', { to: 'out' }),
      () => restore('docs', {}),
      () => restore('docs', { to: '/out', into: { config: {} } }),
      () => restore('docs', { into: { config: {} } }),
      () => restore('docs', { to: '/out', position: '0/1' }),
      () => restore('docs', { to: '/out', point: nothingId, latest: true }),
    ],
  }
  for (const [code, calls] of Object.entries(refused))
    for (const call of calls) await assert.rejects(call, codeIs(code), `${code}: ${String(call)}`)
  assert.deepEqual(await client.call(listJobs, { query: {} }), everything)
})

test('jobs are listed the newest first, by page, state, kind and source', async () => {
  const { client } = person
  const other = await makeSource(api.its.catalogue, context, api.its.projectId, 'listed')
  const made: string[] = []
  for (let i = 0; i < 3; i++) {
    api.clock.advance(1000)
    made.unshift((await backup('listed', { vault: 'main' })).id)
  }
  const ids = async (query: NonNullable<ClientInput<typeof listJobs>['query']>) =>
    (await client.call(listJobs, { query })).items.map(({ id }) => id)
  assert.deepEqual(await ids({ source: 'listed' }), made)
  const first = await client.call(listJobs, { query: { source: other, limit: 2 } })
  assert.deepEqual(
    first.items.map(({ id }) => id),
    made.slice(0, 2),
  )
  assert.deepEqual(await ids({ source: other, limit: 2, after: first.next }), made.slice(2))
  await client.call(cancelJob, { params: { job: made[0] ?? '' } })
  assert.deepEqual(await ids({ source: 'listed', state: 'ABORTED' }), made.slice(0, 1))
  assert.deepEqual(await ids({ source: 'listed', active: 'true' }), made.slice(1))
  assert.deepEqual(await ids({ source: 'listed', kind: 'RESTORE' }), [])
  await assert.rejects(ids({ source: 'listed', after: 'nonsense' }), codeIs('request.invalid'))
  await assert.rejects(ids({ source: 'nowhere' }), codeIs('object.missing'))
})

test('a job that waits ends at once when it is cancelled, again without a change; one that has ended is not cancelled', async () => {
  const { client } = person
  const { id } = await backup('docs', { vault: 'main' })
  const cancelled = await client.call(cancelJob, { params: { job: id } })
  assert.deepEqual([cancelled.state, cancelled.completedAt !== null], ['ABORTED', true])
  assert.deepEqual(await client.call(cancelJob, { params: { job: id } }), cancelled)
  const { id: done } = await backup('docs', { vault: 'main' })
  const completedAt = new Date(api.clock.nowMs() - hourMs)
  await api.its.catalogue.updateTable('job').set({ state: 'COMPLETED', completedAt }).where('id', '=', done).execute()
  await assert.rejects(client.call(cancelJob, { params: { job: done } }), codeIs('job.ended'))
  await assert.rejects(client.call(cancelJob, { params: { job: nothingId } }), codeIs('object.missing'))
  await assert.rejects(client.call(getJob, { params: { job: nothingId } }), codeIs('object.missing'))
})

test('a log is read in its order, page by page', async () => {
  const { client } = person
  const { id } = await backup('docs', { vault: 'main' })
  const at = new Date(api.clock.nowMs())
  for (const message of ['one', 'two', 'three'])
    await api.its.catalogue.insertInto('jobLog').values({ jobId: id, at, level: 'info', message }).execute()
  const first = await client.call(readJobLog, { params: { job: id }, query: { limit: 2 } })
  const rest = await client.call(readJobLog, { params: { job: id }, query: { after: first.next } })
  const said = [...first.items, ...rest.items].map(({ level, message }) => `${level} ${message}`)
  assert.deepEqual([said, rest.next], [['info one', 'info two', 'info three'], undefined])
  await assert.rejects(client.call(readJobLog, { params: { job: nothingId }, query: {} }), codeIs('object.missing'))
})
