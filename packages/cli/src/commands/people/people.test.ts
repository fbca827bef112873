import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock, startScriptedServer } from '@coffre/testkit'
import { apiScript, type ScriptedAnswer } from '../../testing/api-script.ts'
import { cliAgainst } from '../../testing/cli-against.ts'
import { exampleId, exampleUser } from '../../testing/example-objects.ts'

const at = '2026-11-21T12:00:00.000Z'
const user = exampleUser()
const grant = {
  id: exampleId(8),
  user: { id: user.id, name: user.name },
  role: 'operator',
  projectId: null,
  grantedAt: at,
  grantedBy: 'user:local',
}
const key = {
  id: exampleId(9),
  name: 'ci',
  publicId: 'abc',
  projectId: null,
  scopes: ['jobs.*'],
  createdAt: at,
  createdBy: 'user:ada',
  expiresAt: null,
  lastUsedAt: null,
  revokedAt: null,
}
const rule = { id: exampleId(10), network: '192.0.2.0/24', description: 'office', createdAt: at, createdBy: 'user:ada' }
const gone = { status: 204 }

/** What is asked, what the server is sent, and what is shown. */
const cases: readonly {
  readonly args: readonly string[]
  readonly route: string
  readonly answer: ScriptedAnswer
  readonly sent?: unknown
  readonly shown?: RegExp
}[] = [
  {
    args: ['user', 'create', 'ada', '--display-name', 'Ada'],
    route: 'POST /users',
    answer: { status: 201, body: { user, token: 'once' } },
    sent: { name: 'ada', displayName: 'Ada' },
    shown: /ada chooses a password[^\n]*\nonce\ncoffre login URL --password-token TOKEN\n/,
  },
  { args: ['user', 'list', '--search', 'a'], route: 'GET /users', answer: { body: { items: [user] } }, shown: /\nada +Ada +no / },
  {
    args: ['user', 'disable', 'ada'],
    route: 'POST /users/ada/disable',
    answer: { body: { ...user, disabledAt: at } },
    shown: /Disabled +2026/,
  },
  { args: ['user', 'enable', 'ada'], route: 'POST /users/ada/enable', answer: { body: user }, shown: /Name +ada\n/ },
  {
    args: ['user', 'reset', 'ada'],
    route: 'POST /users/ada/password-token',
    answer: { status: 201, body: { token: 'once' } },
    shown: /\nonce\n/,
  },
  {
    args: ['user', 'reset', 'ada', '--two-factor'],
    route: 'DELETE /users/ada/two-factor',
    answer: gone,
    shown: /no second factor any more/,
  },
  {
    args: ['user', 'reset', 'ada', '--failures'],
    route: 'DELETE /users/ada/failed-sign-ins',
    answer: gone,
    shown: /failed sign-ins of ada/,
  },
  {
    args: ['grant', 'give', 'ada', 'operator'],
    route: 'POST /grants',
    answer: { status: 201, body: grant },
    sent: { user: 'ada', role: 'operator', project: null },
    shown: /ada +operator +everywhere/,
  },
  {
    args: ['grant', 'list', '--role', 'operator'],
    route: 'GET /grants',
    answer: { body: { items: [grant] } },
    shown: /ada +operator/,
  },
  { args: ['grant', 'take', grant.id], route: `DELETE /grants/${grant.id}`, answer: gone, shown: /is taken back/ },
  {
    args: ['key', 'create', 'ci', '--scope', 'jobs.*,read', '--expires-in-days', '30'],
    route: 'POST /keys',
    answer: { status: 201, body: { key: 'coffre_secret', created: key } },
    sent: { name: 'ci', scopes: ['jobs.*', 'read'], project: null, expiresAt: '2026-12-21T00:00:00.000Z' },
    shown: /^coffre_secret\n$/,
  },
  { args: ['key', 'list', '--everybody'], route: 'GET /keys', answer: { body: { items: [key] } }, shown: /ci +jobs\.\* +user:ada/ },
  { args: ['key', 'revoke', key.id, '--yes'], route: `DELETE /keys/${key.id}`, answer: gone, shown: /is revoked/ },
  {
    args: ['address', 'add', '192.0.2.0/24', '--description', 'office'],
    route: 'POST /address-rules',
    answer: { status: 201, body: rule },
    sent: { network: '192.0.2.0/24', description: 'office' },
    shown: /192\.0\.2\.0\/24 +office/,
  },
  { args: ['address', 'list'], route: 'GET /address-rules', answer: { body: { items: [] } }, shown: /^from everywhere\n$/ },
  { args: ['address', 'remove', rule.id, '-y'], route: `DELETE /address-rules/${rule.id}`, answer: gone, shown: /is gone/ },
  { args: ['settings', 'show'], route: 'GET /settings', answer: { body: { twoFactorMandatory: true } }, shown: /mandatory +yes/ },
  {
    args: ['settings', 'set', '--two-factor-mandatory=false'],
    route: 'PATCH /settings',
    answer: { body: { twoFactorMandatory: false } },
    sent: { twoFactorMandatory: false },
    shown: /mandatory +no/,
  },
]

test('each command asks for one thing, and shows what came of it', async () => {
  const host = { clock: new FakeClock({ startMs: Date.UTC(2026, 10, 21) }) }
  for (const { args, route, answer, sent, shown } of cases) {
    await using server = await startScriptedServer(apiScript({ [route]: answer }))
    const { exitCode, stdout, stderr } = await cliAgainst(server.host, args, { host })
    assert.equal(exitCode, 0, `${args.join(' ')}: ${stderr}`)
    assert.equal(server.requests.length, 1, args.join(' '))
    if (sent !== undefined) assert.deepEqual(JSON.parse(server.requests[0]?.body.toString() ?? ''), sent, args.join(' '))
    if (shown !== undefined) assert.match(stdout, shown, args.join(' '))
  }
})

test('what is wrong is refused before the server is asked', async () => {
  await using server = await startScriptedServer(apiScript({}))
  const wrong = [
    ['user', 'reset', 'ada', '--two-factor', '--failures'],
    ['grant', 'give', 'ada', 'king'],
    ['grant', 'give', 'ada'],
    ['key', 'revoke', key.id],
    ['address', 'remove', rule.id],
    ['settings', 'set'],
  ]
  for (const args of wrong) assert.equal((await cliAgainst(server.host, args)).exitCode, 20, args.join(' '))
  assert.equal(server.requests.length, 0)
})
