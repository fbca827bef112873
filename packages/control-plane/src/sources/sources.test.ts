import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { systemContext } from '@coffre/foundation'
import { newHexId, newId } from '../catalogue/new-id.ts'
import { loadMasterKey } from '../secrets/master-key.ts'
import { SecretBox } from '../secrets/secret-box.ts'
import { SecretStore } from '../secrets/secret-store.ts'
import { makeProject, startTestCatalogue, type TestCatalogue } from '../testing/test-catalogue.ts'
import { createSource, type NewSource, type SourceParts } from './create-source.ts'
import { deleteSource } from './delete-source.ts'
import { sourceEngines } from './source-engines.ts'
import { findSource, listSources } from './source-view.ts'

const signal = new AbortController().signal
const audited: unknown[] = []
const audit = (note: unknown): Promise<void> => {
  audited.push(note)
  return Promise.resolve()
}
let its: TestCatalogue
let parts: SourceParts
let projectId: string
let folder: string

before(async () => {
  its = await startTestCatalogue()
  ;({ projectId } = await makeProject(its.catalogue, systemContext, 'sources'))
  const box = new SecretBox(await loadMasterKey(its.stateFolder, systemContext.random), systemContext.random)
  const secrets = new SecretStore(its.catalogue, box, systemContext)
  parts = { catalogue: its.catalogue, secrets, engines: sourceEngines, context: systemContext }
  folder = join(its.stateFolder, 'data')
  for (const name of ['a', 'b', 'c']) await mkdir(join(folder, name), { recursive: true })
})
after(() => its[Symbol.asyncDispose]())

function request(name: string, paths: readonly string[], more: Partial<NewSource> = {}): NewSource {
  return {
    projectId,
    name,
    engine: 'files',
    config: { paths },
    secrets: undefined,
    tier: undefined,
    environment: undefined,
    region: undefined,
    resourceArn: undefined,
    tags: {},
    acceptFindings: false,
    ...more,
  }
}

test('a source is registered with its tags, found by name and by id, and noted in the audit log', async () => {
  const id = await createSource(parts, request('docs', [join(folder, 'a')], { tags: { team: 'ops' }, tier: '1' }), audit, signal)
  const view = await findSource(its.catalogue, projectId, 'docs')
  assert.deepEqual(view, await findSource(its.catalogue, projectId, id))
  const { name, engine, state, config, tier, tags, findings, lastPointAt } = view ?? {}
  assert.deepEqual(
    { name, engine, state, config, tier, tags, findings, lastPointAt },
    {
      name: 'docs',
      engine: 'files',
      state: 'READY',
      config: { paths: [join(folder, 'a')] },
      tier: '1',
      tags: { team: 'ops' },
      findings: [],
      lastPointAt: null,
    },
  )
  assert.deepEqual(audited.at(-1), {
    target: `source:${id}`,
    detail: { name: 'docs', engine: 'files', config: { paths: [join(folder, 'a')] } },
  })
})

test('a name or a tree that is taken is refused, naming who has it', async () => {
  await assert.rejects(createSource(parts, request('docs', [join(folder, 'b')]), audit, signal), {
    code: 'object.exists',
    message: /source named docs/,
  })
  await assert.rejects(createSource(parts, request('again', [`${join(folder, 'a')}/`]), audit, signal), {
    code: 'object.exists',
    message: /already, as docs/,
  })
})

test('what cannot be protected leaves nothing, unless it was accepted', async () => {
  const none = [join(folder, 'none')]
  await assert.rejects(createSource(parts, request('none', none), audit, signal), { code: 'source.unfit' })
  await assert.rejects(createSource(parts, request('wrong', ['relative']), audit, signal), { code: 'source.config-invalid' })
  await assert.rejects(createSource(parts, request('wrong', none, { engine: 'abacus' }), audit, signal), {
    code: 'source.config-invalid',
  })
  assert.equal(await findSource(its.catalogue, projectId, 'none'), undefined)
  await createSource(parts, request('none', none, { acceptFindings: true }), audit, signal)
  assert.equal((await findSource(its.catalogue, projectId, 'none'))?.findings[0]?.code, 'files.missing')
})

test('sources are listed by name in pages, by tag and by part of the name; another project sees none of them', async () => {
  const names = async (filter: Parameters<typeof listSources>[2], page = { limit: 10 } as Parameters<typeof listSources>[3]) =>
    (await listSources(its.catalogue, projectId, filter, page)).map(({ name }) => name)
  assert.deepEqual(await names({}), ['docs', 'none'])
  assert.deepEqual(await names({}, { limit: 10, after: 'docs' }), ['none'])
  assert.deepEqual(await names({ tag: { key: 'team', value: 'ops' } }), ['docs'])
  assert.deepEqual(await names({ search: '%' }), [])
  assert.deepEqual(await names({ search: 'on' }), ['none'])
  assert.deepEqual(await names({ engine: 'postgresql' }), [])
  const other = await makeProject(its.catalogue, systemContext, 'elsewhere')
  assert.deepEqual(await listSources(its.catalogue, other.projectId, {}, { limit: 10 }), [])
  assert.equal(await findSource(its.catalogue, other.projectId, 'docs'), undefined)
})

test('a source in use stays; a deleted one leaves its name and tree free', async () => {
  const { id } = (await findSource(its.catalogue, projectId, 'docs')) ?? { id: '' }
  const now = new Date()
  const job = {
    id: newId(systemContext),
    hexId: newHexId(systemContext),
    projectId,
    accountLabel: '000000000000',
    regionLabel: 'local',
    kind: 'BACKUP' as const,
    state: 'RUNNING' as const,
    sourceId: id,
    request: JSON.stringify({}),
    notBefore: now,
    createdAt: now,
    createdBy: 'user:a',
  }
  await its.catalogue.insertInto('job').values(job).execute()
  await assert.rejects(deleteSource(parts, projectId, 'docs', audit, signal), { code: 'object.in-use' })
  await its.catalogue.updateTable('job').set({ state: 'COMPLETED' }).execute()
  await deleteSource(parts, projectId, 'docs', audit, signal)
  assert.equal(await findSource(its.catalogue, projectId, 'docs'), undefined)
  await assert.rejects(deleteSource(parts, projectId, 'docs', audit, signal), { code: 'object.missing' })
  await createSource(parts, request('docs', [join(folder, 'a')]), audit, signal)
})
