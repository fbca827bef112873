import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startScriptedServer } from '@coffre/testkit'
import { apiScript, problem, type ScriptedAnswer } from '../testing/api-script.ts'
import { cliAgainst } from '../testing/cli-against.ts'
import { runCli } from '../testing/run-cli.ts'

async function show(answer: ScriptedAnswer, environment: Readonly<Record<string, string>> = {}, args: readonly string[] = []) {
  await using server = await startScriptedServer(apiScript({ 'GET /vaults/main': answer }))
  return await cliAgainst(server.host, ['vault', 'show', 'main', ...args], { environment })
}

test('problems keep their code, their sentence, their hint, and the exit code of the catalogue', async () => {
  const hint = 'Ask for the list.'
  const cases: readonly (readonly [answer: ScriptedAnswer, exitCode: number, stderr: string])[] = [
    [problem('object.missing', 'no vault main', 404, { hint }), 81, `coffre: object.missing: no vault main\nhint: ${hint}\n`],
    [problem('auth.required', 'sign in', 401), 68, 'coffre: auth.required: sign in\n'],
    [problem('newer.code', 'what is new', 418, { hint }), 1, `coffre: newer.code: what is new\nhint: ${hint}\n`],
    [{ status: 502, body: 'proxy' }, 1, 'coffre: internal: the server answered 502 Bad Gateway, and not as Coffre does\n'],
  ]
  for (const [answer, exitCode, stderr] of cases) assert.deepEqual(await show(answer), { exitCode, stdout: '', stderr })
})

test('every part of a request that is wrong is told, once', async () => {
  const errors = [
    { at: '/body/name', message: 'is wrong' },
    { at: '/body/tags', message: 'are wrong' },
  ]
  const { stderr } = await show(problem('request.invalid', '/body/name: is wrong', 400, { errors, hint: 'See `errors`.' }))
  assert.equal(stderr, 'coffre: request.invalid: /body/name: is wrong\n  /body/tags: are wrong\n')
})

test('in French the meaning of a code is said, and for programs it all is JSON', async () => {
  const french = await show(problem('object.missing', 'no vault main', 404), { LANG: 'fr_FR.UTF-8' })
  assert.equal(french.stderr, 'coffre : object.missing : cet objet n’existe pas (no vault main)\n')
  const newer = await show(problem('newer.code', 'what is new', 418), { LANG: 'fr_FR.UTF-8' })
  assert.equal(newer.stderr, 'coffre : newer.code : what is new\n')
  const json = await show(problem('object.missing', 'no vault main', 404), {}, ['--json'])
  assert.deepEqual(JSON.parse(json.stderr), {
    message_type: 'exit_error',
    code: 81,
    message: 'no vault main',
    error: 'object.missing',
  })
})

test('an answer that is none of this version, and a server that does not answer, are told apart', async () => {
  const strange = await show({ body: { name: 'main' } })
  assert.match(strange.stderr, /internal: the server at \S+ answers as another version of Coffre does\nhint: Use the command line/)
  const server = await startScriptedServer(() => undefined)
  await server[Symbol.asyncDispose]()
  const { exitCode, stderr } = await cliAgainst(server.host, ['status'])
  assert.equal(exitCode, 107)
  assert.match(stderr, /server\.unreachable: the server at http:\/\/127\.0\.0\.1:\d+ does not answer: ECONNREFUSED\nhint: /)
})

test('a call ends when it is interrupted', async () => {
  const interrupted = new AbortController()
  await using server = await startScriptedServer(() => interrupted.abort())
  const environment = { COFFRE_URL: `http://${server.host}` }
  assert.equal((await runCli(['status'], { environment, signal: interrupted.signal })).exitCode, 130)
})
