import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startScriptedServer } from '@coffre/testkit'
import { apiScript } from '../../testing/api-script.ts'
import { cliAgainst } from '../../testing/cli-against.ts'
import { exampleId } from '../../testing/example-objects.ts'

const at = '2026-11-21T12:00:00.000Z'
const both = (en: string, fr: string) => ({ en, fr })

test('a preview tells in the language of the user when, whom, and what becomes of points', async () => {
  const preview = {
    name: 'nightly',
    version: 2,
    isChanged: true,
    findings: [{ severity: 'warning', at: '', message: 'there is no vault named far yet' }],
    rules: [
      {
        name: 'daily',
        schedule: 'cron(0 5 ? * * *)',
        words: both('Every day at 05:00 (UTC)', 'Chaque jour à 05:00 (UTC)'),
        timeZone: 'UTC',
        targetVault: 'main',
        nextRuns: [at],
      },
    ],
    selections: [
      {
        name: 'all',
        picks: 2,
        sources: [{ id: exampleId(2), name: 'docs', reasons: [both('"*" matches it', '« * » lui correspond')] }],
      },
    ],
    points: {
      appliesToExisting: true,
      seen: 5,
      changed: 1,
      expiringMore: 1,
      expiringLess: 0,
      changes: [
        {
          id: exampleId(4),
          source: { id: exampleId(2), name: 'docs' },
          vault: { id: exampleId(1), name: 'main' },
          rule: 'daily',
          completedAt: at,
          before: { kind: 'keep', at: null, reasons: ['daily'], blockers: [] },
          after: { kind: 'blocked', at, reasons: ['term'], blockers: ['lock'] },
        },
      ],
    },
  }
  await using server = await startScriptedServer(apiScript({ 'POST /plans/preview': { body: preview } }))
  const host = { readInput: () => Promise.resolve('{}') }
  const run = (environment = {}) => cliAgainst(server.host, ['plan', 'preview', '-', '--vault', 'main'], { host, environment })
  const { exitCode, stdout, stderr } = await run()
  assert.equal(exitCode, 0, stderr)
  assert.match(stderr, /^warning: there is no vault named far yet\n$/)
  assert.match(stdout, /^plan nightly would become version 2\n\nrule daily: Every day at 05:00 \(UTC\), to main\n {2}2026-11-21 /)
  assert.match(stdout, /\nselection all picks 2 sources\n {2}docs: "\*" matches it\n {2}…\n/)
  assert.match(stdout, /of 5 recovery points 1 would change: 1 more would go at once, 0 fewer/)
  assert.match(stdout, / docs +main +2026-11-21 \S+ +stays \(daily\) +due since 2026-11-21 \S+ \(term, lock\)\n/)
  assert.deepEqual(JSON.parse(server.requests[0]?.body.toString() ?? ''), { document: '{}', targetVault: 'main' })
  assert.match(
    (await run({ LANG: 'fr_FR.UTF-8' })).stdout,
    /règle daily : Chaque jour à 05:00 \(UTC\), vers main[\s\S]*« \* » lui correspond/,
  )
})

const wishes = {
  vaults: [{ name: 'far', isThere: false, purpose: 'copies', encryption: 'default-key', storage: ['standard'] }],
  restoreTests: [
    {
      name: 'restore',
      text: both('Restore of all', 'Restauration de tout'),
      cadence: 'monthly',
      schedule: null,
      words: null,
      nextRun: at,
    },
  ],
  notifications: [{ topic: 'alerts', events: ['failure'] }],
}
const preset = {
  name: 'self-hosted',
  title: both('Self-hosted application', 'Application auto-hébergée'),
  text: both('Every day.', 'Tous les jours.'),
  origin: ['S4.2'],
  parameters: [{ name: 'vault', text: both('Vault for the points', 'Coffre des points'), value: 'main' }],
  choices: [],
}

test('presets are listed, and shown with their parameters and wishes', async () => {
  const routes = apiScript({
    'GET /presets': { body: { items: [preset] } },
    'GET /presets/self-hosted': { body: { ...preset, plans: [{ name: 'coffre', document: {} }], ...wishes } },
  })
  await using server = await startScriptedServer(routes)
  assert.match((await cliAgainst(server.host, ['preset', 'list'])).stdout, /\nself-hosted +Self-hosted application\n/)
  const { stdout } = await cliAgainst(server.host, ['preset', 'show', 'self-hosted'])
  assert.match(stdout, /\nvault +main +Vault for the points\n/)
  assert.match(stdout, /\nfar +no +copies /)
  assert.match(stdout, /\n {2}Restore of all: monthly \(2026-11-21 [\s\S]*\n {2}alerts: failure\n/)
})

test('a preset is applied with its vault and parameters', async () => {
  const plan = {
    id: exampleId(1),
    name: 'coffre',
    version: 1,
    versionId: exampleId(2),
    timeZone: 'UTC',
    rules: [],
    selections: [],
    document: {},
    createdAt: at,
  }
  const applied = { preset: 'self-hosted', plans: [{ plan, findings: [], isChanged: true }], ...wishes }
  await using server = await startScriptedServer(apiScript({ 'POST /presets/self-hosted/apply': { body: applied } }))
  const args = ['preset', 'apply', 'self-hosted', '--vault', 'main', '--set', 'project=web', '--set', 'sources=a,b']
  const { exitCode, stdout, stderr } = await cliAgainst(server.host, args)
  assert.equal(exitCode, 0, stderr)
  assert.match(stdout, /^plan coffre is now version 1\n[\s\S]*\nfar +no +copies /)
  assert.deepEqual(JSON.parse(server.requests[0]?.body.toString() ?? ''), {
    vault: 'main',
    parameters: { project: 'web', sources: 'a,b' },
  })
})
