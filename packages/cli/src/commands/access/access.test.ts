import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { startScriptedServer, temporaryFolder } from '@coffre/testkit'
import type { Person } from '../../host/host.ts'
import { apiScript, problem } from '../../testing/api-script.ts'
import { exampleId } from '../../testing/example-objects.ts'
import { runCli } from '../../testing/run-cli.ts'

const at = '2026-11-21T12:00:00.000Z'
const session = {
  id: exampleId(1),
  createdAt: at,
  lastUsedAt: at,
  expiresAt: at,
  address: null,
  userAgent: null,
  hasSecondFactor: false,
  isCurrent: true,
}
const empty = { body: { items: [] } }

/** Answers by the first word of the question. */
function person(answers: Readonly<Record<string, string>>): Person {
  const answer = (question: string): Promise<string> => {
    const given = answers[question.replace(/:.*/, '')]
    return given === undefined ? Promise.reject(new Error(`nobody expected "${question}"`)) : Promise.resolve(given)
  }
  return { ask: answer, askSecret: answer }
}

/** A server where ada signs in with a password and a code. */
const signIn = apiScript({
  'POST /sessions': ({ body }) => {
    const { name, password, code } = body as Readonly<Record<string, string>>
    if (name !== 'ada' || password !== 'right') return problem('auth.failed', 'name, password or code are wrong', 401)
    if (code === undefined) return problem('auth.second-factor', 'a code is needed', 403)
    return { status: 201, body: { token: `session-${code}`, session } }
  },
  'DELETE /sessions/current': { status: 204 },
  'GET /vaults': empty,
})

test('who signs in stays signed in, until they sign out', async () => {
  await using server = await startScriptedServer(signIn)
  await using home = await temporaryFolder()
  const environment = { HOME: home.path }
  const url = `http://${server.host}`
  const host = { person: person({ Name: 'ada', Password: 'right', Code: '123456' }) }
  const login = await runCli(['login', url], { environment, host })
  assert.deepEqual([login.exitCode, login.stdout], [0, `signed in to ${url} as ada\n`], login.stderr)
  await runCli(['vault', 'list'], { environment })
  assert.equal(server.requests.at(-1)?.headers.authorization, 'Bearer session-123456')
  const logout = await runCli(['logout'], { environment })
  assert.deepEqual([logout.exitCode, server.requests.at(-1)?.method], [0, 'DELETE'], logout.stderr)
  assert.equal((await runCli(['vault', 'list'], { environment })).exitCode, 107)
  assert.equal((await runCli(['logout'], { environment })).exitCode, 20)
})

test('without a terminal, everything is given', async () => {
  await using server = await startScriptedServer(signIn)
  await using home = await temporaryFolder()
  const file = join(home.path, 'password')
  await writeFile(file, 'right\n')
  const args = ['login', `http://${server.host}`, '--name', 'ada']
  const environment = { HOME: home.path }
  assert.equal((await runCli(args, { environment })).exitCode, 20)
  assert.equal((await runCli([...args, '-p', file], { environment })).exitCode, 86)
  assert.equal((await runCli([...args, '-p', file, '--code', '654321'], { environment })).exitCode, 0)
})

test('a wrong password keeps nothing, and shows nothing of it', async () => {
  await using server = await startScriptedServer(signIn)
  await using home = await temporaryFolder()
  const host = { person: person({ Name: 'ada', Password: 'hunter2' }) }
  const { exitCode, stderr, stdout } = await runCli(['login', `http://${server.host}`], { environment: { HOME: home.path }, host })
  assert.equal(exitCode, 83)
  assert.ok(!`${stdout}${stderr}`.includes('hunter2'))
  assert.equal((await runCli(['vault', 'list'], { environment: { HOME: home.path } })).exitCode, 107)
})

test('the first user is made by the token of the server, with a password typed twice', async () => {
  const user = {
    id: exampleId(2),
    name: 'ada',
    displayName: '',
    hasPassword: true,
    hasSecondFactor: false,
    createdAt: at,
    createdBy: 'x',
    disabledAt: null,
  }
  await using server = await startScriptedServer(
    apiScript({ 'POST /first-user': { status: 201, body: { user, token: 'first', session } } }),
  )
  await using home = await temporaryFolder()
  const first = (answers: Readonly<Record<string, string>>) =>
    runCli(['login', `http://${server.host}`, '--first-user', 'once'], {
      environment: { HOME: home.path },
      host: { person: person(answers) },
    })
  const slipped = await first({ 'Name': 'ada', 'New password': 'right', 'Password again': 'rihgt' })
  assert.deepEqual([slipped.exitCode, server.requests.length], [88, 0])
  const done = await first({ 'Name': 'ada', 'New password': 'right', 'Password again': 'right' })
  assert.equal(done.exitCode, 0, done.stderr)
  assert.deepEqual(JSON.parse(server.requests[0]?.body.toString() ?? ''), { token: 'once', name: 'ada', password: 'right' })
})

test('a password that would cross the network in the open is warned of', async () => {
  const { stderr } = await runCli(['login', 'http://far.example', '--name', 'ada'])
  assert.match(stderr, /far\.example is not encrypted/)
})
