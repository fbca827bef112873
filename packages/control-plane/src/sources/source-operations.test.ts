import assert from 'node:assert/strict'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import {
  ApiProblem,
  type ClientInput,
  checkSource,
  createSource,
  deleteSource,
  getPlan,
  getSource,
  listSources,
  protectSource,
  startBackup,
  updateSource,
} from '@coffre/api-contract'
import { type Context, systemContext } from '@coffre/foundation'
import { type TemporaryFolder, temporaryFolder } from '@coffre/testkit'
import { PeopleApi, type Person } from '../testing/people-api.ts'
import { makeVault } from '../testing/tenant-objects.ts'

let api: PeopleApi
let person: Person
let folder: TemporaryFolder
before(async () => {
  api = await PeopleApi.start()
  person = await api.person('person', ['backup-administrator'])
  folder = await temporaryFolder()
  const context: Context = { clock: api.clock, random: systemContext.random }
  await makeVault(api.its.catalogue, context, api.its.projectId, 'main')
})
after(async () => {
  await folder[Symbol.asyncDispose]()
  await api[Symbol.asyncDispose]()
})

const codeIs = (code: string) => (error: unknown) => error instanceof ApiProblem && error.problem.code === code
const create = (name: string, paths: readonly string[], more: object = {}) =>
  person.client.call(createSource, { body: { name, engine: 'files', config: { paths }, ...more } })

async function newTree(name: string): Promise<string> {
  const path = join(folder.path, name)
  await mkdir(path)
  return path
}

test('a source is registered, shown by name and by id, listed by tag and by part of its name, and deleted', async () => {
  const { client } = person
  const made = await create('docs', [await newTree('docs')], { tags: { team: 'ops' }, tier: '1', environment: 'prod' })
  assert.deepEqual([made.state, made.tier, made.environment, made.tags], ['READY', '1', 'prod', { team: 'ops' }])
  await create('photos', [await newTree('photos')])
  for (const source of ['docs', made.id]) assert.deepEqual(await client.call(getSource, { params: { source } }), made)
  const names = async (query: NonNullable<ClientInput<typeof listSources>['query']>) =>
    (await client.call(listSources, { query })).items.map(({ name }) => name)
  assert.deepEqual(await names({}), ['docs', 'photos'])
  assert.deepEqual(await names({ tag: 'team=ops' }), ['docs'])
  assert.deepEqual(await names({ search: 'hot' }), ['photos'])
  const first = await client.call(listSources, { query: { limit: 1 } })
  assert.deepEqual(await names({ limit: 1, after: first.next }), ['photos'])
  await assert.rejects(names({ tag: 'ops' }), codeIs('request.invalid'))

  const { id: jobId } = await client.call(startBackup, { params: { source: 'docs' }, body: { vault: 'main', tags: {} } })
  await assert.rejects(client.call(deleteSource, { params: { source: 'docs' } }), codeIs('object.in-use'))
  await api.its.catalogue.updateTable('job').set({ state: 'ABORTED' }).where('id', '=', jobId).execute()
  await client.call(deleteSource, { params: { source: 'docs' } })
  for (const operation of [getSource, deleteSource, checkSource])
    await assert.rejects(client.call(operation, { params: { source: 'docs' } }), codeIs('object.missing'), operation.id)
})

test('what cannot be a source is refused, and nothing is left of it', async () => {
  const { client } = person
  const path = await newTree('taken')
  await create('taken', [path])
  const before = await client.call(listSources, { query: {} })
  const cases = [
    ['object.exists', () => create('taken', [folder.path])],
    ['object.exists', () => create('again', [path])],
    ['source.config-invalid', () => create('relative', ['relative'])],
    ['source.unfit', () => create('absent', [join(folder.path, 'absent')])],
    ['request.invalid', () => create('a/b', [path])],
  ] as const
  for (const [code, call] of cases) await assert.rejects(call, codeIs(code), code)
  assert.deepEqual(await client.call(listSources, { query: {} }), before)
})

test('a check finds that a source is gone, and that it is there again', async () => {
  const path = await newTree('checked')
  await create('checked', [path])
  const check = () => person.client.call(checkSource, { params: { source: 'checked' } })
  await rm(path, { recursive: true })
  const gone = await check()
  assert.deepEqual([gone.state, gone.findings.map(({ severity }) => severity)], ['UNREACHABLE', ['error']])
  await mkdir(path)
  const back = await check()
  assert.deepEqual([back.state, back.findings], ['READY', []])
})

test('a source is protected with a plan of its own, or not at all', async () => {
  const { client } = person
  const config = { paths: [await newTree('protected')] }
  const order = { name: 'protected', engine: 'files', config, vault: 'main', schedule: 'every 6h', keep: '7d,4w', timeZone: 'UTC' }
  const protect = (more: object = {}) => client.call(protectSource, { body: { ...order, ...more } })
  const cases = [
    ['object.missing', { vault: 'nowhere' }],
    ['policy.plan-invalid', { schedule: 'nonsense' }],
    ['policy.plan-invalid', { keep: '7x' }],
    ['source.unfit', { config: { paths: [join(folder.path, 'absent')] } }],
  ] as const
  for (const [code, more] of cases) await assert.rejects(protect(more), codeIs(code), code)
  await assert.rejects(client.call(getSource, { params: { source: 'protected' } }), codeIs('object.missing'))
  const { source, plan } = await protect()
  assert.deepEqual([source.name, plan.name, plan.rules[0]?.targetVault], ['protected', 'protected', 'main'])
  assert.deepEqual(await client.call(getPlan, { params: { plan: 'protected' } }), plan)
  await assert.rejects(protect(), codeIs('object.exists'))
})

test('how a source is reached is changed as a whole, or, when what is wanted is refused, not at all', async () => {
  const { client } = person
  const [first, second, other] = [await newTree('first'), await newTree('second'), await newTree('other')]
  const made = await create('moved', [first])
  await create('neighbour', [other])
  const update = (body: NonNullable<ClientInput<typeof updateSource>['body']>, source = 'moved') =>
    client.call(updateSource, { params: { source }, body })
  const cases = [
    ['object.missing', () => update({}, 'nobody')],
    ['object.exists', () => update({ config: { paths: [other] } })],
    ['source.config-invalid', () => update({ config: { paths: ['relative'] } })],
    ['source.unfit', () => update({ config: { paths: [join(folder.path, 'absent')] } })],
  ] as const
  for (const [code, call] of cases) await assert.rejects(call, codeIs(code), code)
  assert.deepEqual(await client.call(getSource, { params: { source: 'moved' } }), made)
  const moved = await update({ config: { paths: [second] }, secrets: { password: 'new' } })
  assert.deepEqual([moved.id, moved.config, moved.state], [made.id, { paths: [second] }, 'READY'])
  const secretOf = async () =>
    (await api.its.catalogue.selectFrom('source').select('secretId').where('id', '=', made.id).executeTakeFirstOrThrow()).secretId
  const before = await secretOf()
  await update({ secrets: { password: 'newer' } })
  const secrets = await api.its.catalogue.selectFrom('secret').select('id').where('purpose', '=', 'source').execute()
  assert.deepEqual([secrets.map(({ id }) => id), (await secretOf()) === before], [[await secretOf()], false])
  const [entry] = await api.lastEntries(1)
  assert.ok(!JSON.stringify(entry).includes('newer'))
  const absent = await update({ config: { paths: [join(folder.path, 'absent')] }, acceptFindings: true })
  assert.equal(absent.state, 'UNREACHABLE')
})
