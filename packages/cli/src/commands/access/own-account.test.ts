import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { startScriptedServer, temporaryFolder } from '@coffre/testkit'
import { apiScript } from '../../testing/api-script.ts'
import { cliAgainst } from '../../testing/cli-against.ts'
import { exampleId } from '../../testing/example-objects.ts'

/** Somebody who answers with these, in their order. */
function person(...answers: string[]) {
  const ask = () => Promise.resolve(answers.shift() ?? '')
  return { person: { ask, askSecret: ask } }
}

test('a new password is asked for twice; from files nobody is asked', async () => {
  await using server = await startScriptedServer(apiScript({ 'PUT /password': { status: 204 } }))
  const change = (host: object, ...args: string[]) => cliAgainst(server.host, ['password', 'change', ...args], { host })
  assert.equal((await change(person('old', 'new', 'new'))).exitCode, 0)
  const slip = await change(person('old', 'new', 'nwe'))
  assert.match(slip.stderr, /the two passwords differ/)
  await using folder = await temporaryFolder()
  const [old, chosen] = [join(folder.path, 'old'), join(folder.path, 'new')]
  await writeFile(old, 'old\n')
  await writeFile(chosen, 'new\n')
  assert.equal((await change({}, '--password-file', old, '--new-password-file', chosen, '--code', '123456')).exitCode, 0)
  assert.equal((await change({}, '--password-file', old)).exitCode, 20)
  assert.deepEqual(
    server.requests.map(({ body }) => JSON.parse(body.toString()) as unknown),
    [
      { password: 'old', newPassword: 'new' },
      { password: 'old', newPassword: 'new', code: '123456' },
    ],
  )
})

test('a second factor is enrolled in two steps, and removed with password and code', async () => {
  const routes = apiScript({
    'POST /two-factor': { status: 201, body: { secret: 'ABC', uri: 'otpauth://totp/x' } },
    'POST /two-factor/confirm': { body: { recoveryCodes: ['one', 'two'] } },
    'POST /two-factor/remove': { status: 204 },
  })
  await using server = await startScriptedServer(routes)
  const run = (...args: string[]) => cliAgainst(server.host, ['two-factor', ...args], { host: person('secret', ' 123456 ') })
  const begun = await run('begin')
  assert.match(begun.stdout, /^Secret +ABC\nURI +otpauth:\/\/totp\/x\n$/)
  assert.match(begun.stderr, /coffre two-factor confirm CODE/)
  assert.equal((await run('confirm', '123456')).stdout, 'one\ntwo\n')
  assert.equal((await run('remove')).exitCode, 0)
  assert.deepEqual(JSON.parse(server.requests.at(-1)?.body.toString() ?? ''), { password: 'secret', code: '123456' })
})

test('sessions are listed with the one that asks, and ended, one or all others', async () => {
  const at = '2026-11-21T12:00:00.000Z'
  const times = { createdAt: at, lastUsedAt: at, expiresAt: at }
  const session = { id: exampleId(1), ...times, address: null, userAgent: null, hasSecondFactor: false, isCurrent: true }
  const routes = apiScript({
    'GET /sessions': { body: { items: [session] } },
    [`DELETE /sessions/${session.id}`]: { status: 204 },
    'DELETE /sessions': { body: { ended: 2 } },
  })
  await using server = await startScriptedServer(routes)
  const run = (...args: string[]) => cliAgainst(server.host, ['session', ...args])
  assert.ok((await run('list')).stdout.includes(`\n${session.id} *`))
  assert.match((await run('end', session.id)).stdout, /is ended/)
  assert.match((await run('end', '--others')).stdout, /^2 other sessions are ended\n$/)
  assert.equal((await run('end')).exitCode, 20)
  assert.equal((await run('end', session.id, '--others')).exitCode, 20)
})

test('with a token a password is chosen, and signs in', async () => {
  await using folder = await temporaryFolder()
  const session = {
    token: 't',
    session: { id: exampleId(1), isCurrent: true, hasSecondFactor: false, address: null, userAgent: null },
  }
  const at = '2026-11-21T12:00:00.000Z'
  const opened = { ...session, session: { ...session.session, createdAt: at, lastUsedAt: at, expiresAt: at } }
  const routes = apiScript({ 'POST /password-tokens/redeem': { status: 204 }, 'POST /sessions': { status: 201, body: opened } })
  await using server = await startScriptedServer(routes)
  const args = ['login', `http://${server.host}`, '--name', 'ada', '--password-token', 'once']
  const { exitCode, stderr } = await cliAgainst(server.host, args, {
    host: person('new', 'new'),
    environment: { XDG_CONFIG_HOME: folder.path },
  })
  assert.equal(exitCode, 0, stderr)
  assert.deepEqual(
    server.requests.map(({ body }) => JSON.parse(body.toString()) as unknown),
    [
      { token: 'once', newPassword: 'new' },
      { name: 'ada', password: 'new' },
    ],
  )
})
