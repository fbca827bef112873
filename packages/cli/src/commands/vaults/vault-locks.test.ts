import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startScriptedServer } from '@coffre/testkit'
import { apiScript } from '../../testing/api-script.ts'
import { cliAgainst } from '../../testing/cli-against.ts'
import { exampleApproval, exampleId, exampleVault } from '../../testing/example-objects.ts'

const vault = exampleVault()
const lock = { mode: 'governance', minRetentionDays: 7, lockDate: null, isEnforcedByStorage: false } as const
const approval = exampleId(6)

test('a vault is locked with the terms that were given, and a local one says whose word that is', async () => {
  const routes = apiScript({ 'PUT /vaults/main/lock': { body: { ...vault, lock } } })
  await using server = await startScriptedServer(routes)
  const args = ['vault', 'lock', 'main', '--mode', 'governance', '--min-retention-days', '7']
  const { exitCode, stdout, stderr } = await cliAgainst(server.host, args)
  assert.equal(exitCode, 0, stderr)
  assert.match(stdout, /^vault main is locked: governance 7/)
  assert.match(stderr, /Coffre’s word only/)
  assert.deepEqual(JSON.parse(server.requests[0]?.body.toString() ?? ''), { mode: 'governance', minRetentionDays: 7 })
  await cliAgainst(server.host, [...args, '--approval', approval])
  assert.equal(server.requests.at(-1)?.url, `/api/v1/vaults/main/lock?approval=${approval}`)
  assert.equal((await cliAgainst(server.host, ['vault', 'lock', 'main'])).exitCode, 20)
})

test('what several people answer for is asked of them, to the letter, before anything is done', async () => {
  const routes = apiScript({ 'GET /vaults/main': { body: vault }, 'POST /approvals': { status: 201, body: exampleApproval() } })
  await using server = await startScriptedServer(routes)
  const cases = [
    [['lock', 'main', '--mode', 'compliance'], { operation: 'vaults.set-lock', vault: 'main', lock: { mode: 'compliance' } }],
    [['unlock', 'main'], { operation: 'vaults.unlock', vault: 'main' }],
    [['delete', 'main'], { operation: 'vaults.delete', vault: vault.id }],
  ] as const
  for (const [args, request] of cases) {
    assert.equal((await cliAgainst(server.host, ['vault', ...args, '--reason', 'over'])).exitCode, 0)
    assert.deepEqual(JSON.parse(server.requests.at(-1)?.body.toString() ?? ''), { ...request, reason: 'over' })
  }
})

test('unlocking and deleting ask once more, and say what they left', async () => {
  const routes = apiScript({
    'GET /vaults/main': { body: vault },
    'DELETE /vaults/main/lock': { body: vault },
    [`DELETE /vaults/${vault.id}`]: { body: { id: vault.id, location: vault.location } },
  })
  await using server = await startScriptedServer(routes)
  const run = (...args: string[]) => cliAgainst(server.host, ['vault', ...args, '--approval', approval])
  for (const word of ['unlock', 'delete']) assert.equal((await run(word, 'main')).exitCode, 20, word)
  assert.ok(server.requests.every(({ method }) => method === 'GET'))
  assert.equal((await run('unlock', 'main', '--yes')).stdout, 'vault main is unlocked\n')
  assert.match((await run('delete', 'main', '--yes')).stdout, /its files are still in \/vaults\/main\n$/)
})
