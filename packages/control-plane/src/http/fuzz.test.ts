import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { problemSchema, rights } from '@coffre/api-contract'
import { systemContext } from '@coffre/foundation'
import { SeededRandom, testSeed } from '@coffre/testkit'
import { loadMasterKey } from '../secrets/master-key.ts'
import { SecretBox } from '../secrets/secret-box.ts'
import { SecretStore } from '../secrets/secret-store.ts'
import { apiHandlers } from '../server/api-handlers.ts'
import { serverSettings } from '../server/server-settings.ts'
import { TestApi } from '../testing/test-api.ts'
import { startTestCatalogue, type TestCatalogue } from '../testing/test-catalogue.ts'
import { wrongRequest } from '../testing/wrong-requests.ts'

let its: TestCatalogue
let stateFolder: string
before(async () => {
  its = await startTestCatalogue()
  stateFolder = await mkdtemp(join(tmpdir(), 'coffre-fuzz-'))
})
after(async () => {
  await its[Symbol.asyncDispose]()
  await rm(stateFolder, { recursive: true })
})

const roundsEach = 60
/** Making a vault derives keys, which is slow on purpose. */
const roundsOfVaults = 12

test('whatever is sent to an operation, the server does not fail', async () => {
  const random = new SeededRandom(testSeed('fuzz of the API'))
  const { catalogue } = its
  const secrets = new SecretStore(
    catalogue,
    new SecretBox(await loadMasterKey(stateFolder, systemContext.random), systemContext.random),
    systemContext,
  )
  const settings = serverSettings({ COFFRE_STATE: stateFolder }, false)
  const handlers = apiHandlers({ catalogue, secrets, context: systemContext, settings, machine: 'machine' })
  const api = await TestApi.start(its, { handlers })
  api.client('all', rights)
  const statuses = new Map<number, number>()
  for (const { operation } of handlers) {
    for (let round = 0; round < (operation.id === 'vaults.create' ? roundsOfVaults : roundsEach); round++) {
      const { path, init } = wrongRequest(operation, random)
      const answer = await api.request(path, { ...init, headers: { ...init.headers, authorization: 'Bearer all' } })
      const text = await answer.text()
      const told = `${operation.id} ${path} ${String(init.body).slice(0, 2000)}\n${text}\n${api.logged.join('\n')}`
      assert.ok(answer.status < 500, told)
      if (answer.status >= 400) assert.equal(problemSchema.parse(JSON.parse(text)).status, answer.status, told)
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
    }
  }
  // It reaches the handlers, and what they refuse, not just the first check.
  for (const status of [200, 400, 404]) assert.ok((statuses.get(status) ?? 0) > 0, JSON.stringify([...statuses]))
})
