import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { systemContext } from '@coffre/foundation'
import { makeProject, startTestCatalogue, type TestCatalogue } from '../testing/test-catalogue.ts'
import { loadMasterKey } from './master-key.ts'
import { SecretBox } from './secret-box.ts'
import { SecretStore } from './secret-store.ts'

let its: TestCatalogue

before(async () => {
  its = await startTestCatalogue()
})
after(() => its[Symbol.asyncDispose]())

test('a secret comes back for its purpose, under the key that sealed it, and lies in the catalogue as nothing readable', async () => {
  const { catalogue } = its
  const { projectId } = await makeProject(catalogue, systemContext, 'secrets')
  const key = await loadMasterKey(its.stateFolder, systemContext.random)
  const store = new SecretStore(catalogue, new SecretBox(key, systemContext.random), systemContext)
  const id = await store.put(projectId, 'source', Buffer.from('hunter2'), catalogue)
  assert.equal((await store.get(id, 'source')).toString(), 'hunter2')
  await assert.rejects(store.get(id, 'vault'), { code: 'secret.unreadable' })
  await assert.rejects(store.get(projectId, 'source'), { code: 'secret.unreadable' })
  const row = await catalogue.selectFrom('secret').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
  assert.ok(!row.sealed.includes('hunter2'))
  assert.equal(await store.countForeign(), 0)

  const other = new SecretBox({ id: 'other', bytes: Buffer.alloc(32, 1) }, systemContext.random)
  const stranger = new SecretStore(catalogue, other, systemContext)
  await assert.rejects(stranger.get(id, 'source'), { code: 'secret.unreadable' })
  assert.equal(await stranger.countForeign(), 1)
})
