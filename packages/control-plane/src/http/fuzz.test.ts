import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { problemSchema } from '@coffre/api-contract'
import { SeededRandom, testSeed } from '@coffre/testkit'
import { roles } from '../people/roles.ts'
import { PeopleApi } from '../testing/people-api.ts'
import { wrongRequest } from '../testing/wrong-requests.ts'

let api: PeopleApi
before(async () => {
  api = await PeopleApi.start()
})
after(() => api[Symbol.asyncDispose]())

const roundsEach = 30
/** Making a vault derives keys, and public operations hash passwords, which is slow on purpose. */
const roundsOfSlow = 8

test('whatever is sent to an operation, the server does not fail', async () => {
  const random = new SeededRandom(testSeed('fuzz of the API'))
  // One who may do everything, which nobody can be: with a second factor, so that the setting that asks for it locks nobody out.
  const { id } = await api.person('all', roles)
  const statuses = new Map<number, number>()
  for (const { operation } of api.handlers) {
    const isSlow = operation.id === 'vaults.create' || operation.right === 'public'
    const opened = { userId: id, hasSecondFactor: true, address: undefined, userAgent: undefined }
    const { token } = await api.its.people.sessions.open(opened)
    for (let round = 0; round < (isSlow ? roundsOfSlow : roundsEach); round++) {
      const { path, init } = wrongRequest(operation, random)
      const answer = await api.request(path, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } })
      const text = await answer.text()
      const told = `${operation.id} ${path} ${String(init.body).slice(0, 2000)}\n${text}\n${api.logged.join('\n')}`
      assert.ok(answer.status < 500, told)
      assert.ok(answer.status !== 401 || operation.problems.includes('auth.failed'), told)
      if (answer.status >= 400) assert.equal(problemSchema.parse(JSON.parse(text)).status, answer.status, told)
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
    }
  }
  // It reaches the handlers, and what they refuse, not just the first check.
  for (const status of [200, 201, 400, 404]) assert.ok((statuses.get(status) ?? 0) > 0, JSON.stringify([...statuses]))
})
