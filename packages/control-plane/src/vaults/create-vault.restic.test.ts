import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Context, dayMs, systemContext } from '@coffre/foundation'
import { loadMasterKey } from '../secrets/master-key.ts'
import { SecretBox } from '../secrets/secret-box.ts'
import { SecretStore } from '../secrets/secret-store.ts'
import { restic } from '../testing/restic.ts'
import { makeProject, startTestCatalogue, type TestCatalogue } from '../testing/test-catalogue.ts'
import { createVault } from './create-vault.ts'
import type { NewVault, VaultParts } from './new-vault.ts'
import { VaultPlaces } from './vault-places.ts'
import { findVault, listVaults } from './vault-view.ts'

const signal = new AbortController().signal
let its: TestCatalogue
let parts: VaultParts
let projectId: string
/** Of what the audit was told. */
const audited: unknown[] = []

before(async () => {
  its = await startTestCatalogue()
  const made = await makeProject(its.catalogue, systemContext, 'vaults')
  projectId = made.projectId
  parts = await newParts(systemContext)
})
after(() => its[Symbol.asyncDispose]())

async function newParts(context: Context): Promise<VaultParts> {
  const { catalogue, stateFolder } = its
  const box = new SecretBox(await loadMasterKey(stateFolder, context.random), context.random)
  const places = new VaultPlaces(stateFolder, context, {}, 0)
  return { catalogue, context, places, secrets: new SecretStore(catalogue, box, context) }
}

const audit: Parameters<typeof createVault>[2] = (note) => {
  audited.push(note)
  return Promise.resolve()
}

function request(name: string, more: Partial<NewVault> = {}): NewVault {
  return {
    projectId,
    name,
    location: undefined,
    region: undefined,
    classification: undefined,
    lock: undefined,
    writerCredentials: undefined,
    keeperCredentials: undefined,
    tags: {},
    ...more,
  }
}

test('a vault is a repository that stock restic opens with the recovery key, and Coffre with a key of its own', async () => {
  const { id, recoveryKey, recoveryKit } = await createVault(parts, request('main'), audit, signal)
  const location = join(its.stateFolder, 'vaults', 'main')
  const listed = await restic(location, recoveryKey, ['cat', 'config'])
  const { id: repositoryId } = JSON.parse(listed) as { id: string }
  const view = await findVault(its.catalogue, projectId, 'main')
  assert.deepEqual(view, await findVault(its.catalogue, projectId, id))
  assert.deepEqual(
    { id: view?.id, state: view?.state, repositoryId: view?.repositoryId, points: view?.points, lock: view?.lock },
    { id, state: 'AVAILABLE', repositoryId, points: 0, lock: null },
  )
  for (const fact of [recoveryKey, repositoryId, location]) assert.ok(recoveryKit.includes(fact), fact)
  assert.equal((await readdir(join(location, 'keys'))).length, 2)
  // The recovery key is nowhere in the catalogue or in the state folder.
  const found = await its.catalogue.selectFrom('secret').selectAll().execute()
  for (const { sealed } of found) assert.ok(!sealed.includes(recoveryKey))
})

test('the kit has the key file that a vault without its keys needs', async () => {
  const { recoveryKey, recoveryKit } = await createVault(parts, request('keyless'), audit, signal)
  const location = join(its.stateFolder, 'vaults', 'keyless')
  const [, name = '', content = ''] = /\n {2}keys\/([0-9a-f]{64})\n\n(.*)\n/.exec(recoveryKit) ?? []
  await rm(join(location, 'keys'), { recursive: true })
  await mkdir(join(location, 'keys'))
  await writeFile(join(location, 'keys', name), content)
  await restic(location, recoveryKey, ['cat', 'config'])
})

test('names and places are taken once; nothing is left of what could not be made', async () => {
  await createVault(parts, request('taken'), audit, signal)
  await assert.rejects(createVault(parts, request('taken'), audit, signal), { code: 'object.exists' })
  const place = join(its.stateFolder, 'vaults', 'taken')
  await assert.rejects(createVault(parts, request('other', { location: place }), audit, signal), { code: 'object.exists' })

  const foreign = await mkdtemp(join(tmpdir(), 'coffre-foreign-'))
  try {
    await restic(foreign, 'secret', ['init'])
    await assert.rejects(createVault(parts, request('foreign', { location: foreign }), audit, signal), {
      code: 'repository.exists',
    })
    assert.equal(await findVault(its.catalogue, projectId, 'foreign'), undefined)
    await assert.rejects(createVault(parts, request('relative', { location: 'some/where' }), audit, signal), {
      code: 'usage.invalid',
    })
  } finally {
    await rm(foreign, { recursive: true })
  }
})

test('a vault that was interrupted is finished by the next attempt, with a recovery key of its own', async () => {
  // The audit comes when the repository is there already: as late as anything can fail.
  const cut = (): Promise<void> => Promise.reject(new Error('cut'))
  await assert.rejects(createVault(parts, request('cut'), cut, signal), /cut/)
  assert.equal((await findVault(its.catalogue, projectId, 'cut'))?.state, 'CREATING')
  const { id, recoveryKey } = await createVault(parts, request('cut'), audit, signal)
  assert.deepEqual(audited.at(-1), {
    target: `vault:${id}`,
    detail: { name: 'cut', location: join(its.stateFolder, 'vaults', 'cut'), lock: null },
  })
  await restic(join(its.stateFolder, 'vaults', 'cut'), recoveryKey, ['cat', 'config'])
  assert.equal((await readdir(join(its.stateFolder, 'vaults', 'cut', 'keys'))).length, 2)
})

test('a lock that contradicts itself is refused, and one on a local disk is labelled as a word only', async () => {
  const lock = { mode: 'compliance', minRetentionDays: 30, maxRetentionDays: 7 } as const
  await assert.rejects(createVault(parts, request('locked', { lock }), audit, signal), { code: 'policy.retention-invalid' })
  const sound = { ...lock, maxRetentionDays: 60 }
  await createVault(parts, request('locked', { lock: sound, tags: { team: 'ops' } }), audit, signal)
  const view = await findVault(its.catalogue, projectId, 'locked')
  const { lockDate, ...rest } = view?.lock ?? {}
  assert.deepEqual(rest, { ...sound, changeableForDays: 3, isEnforcedByStorage: false })
  assert.ok(Math.abs(Date.parse(lockDate ?? '') - Date.now() - 3 * dayMs) < 60_000)
  assert.deepEqual(view?.tags, { team: 'ops' })
})

test('vaults are listed by name, page after page', async () => {
  const names: string[] = []
  for (let after: string | undefined; ; ) {
    const page = await listVaults(its.catalogue, projectId, { limit: 2, ...(after === undefined ? {} : { after }) })
    names.push(...page.map(({ name }) => name))
    after = page.at(-1)?.name
    if (page.length < 2) break
  }
  assert.deepEqual(names, ['cut', 'keyless', 'locked', 'main', 'taken'])
})
