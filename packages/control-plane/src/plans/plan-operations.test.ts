import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  ApiProblem,
  applyPlan,
  applyPreset,
  deletePlan,
  getPlan,
  getPreset,
  getSource,
  listPlans,
  listPresets,
  previewPlan,
} from '@coffre/api-contract'
import { type Context, dayMs, systemContext } from '@coffre/foundation'
import { newHexId, newId } from '../catalogue/new-id.ts'
import { PeopleApi, type Person } from '../testing/people-api.ts'
import { makePoint, makeVault } from '../testing/tenant-objects.ts'

let api: PeopleApi
let context: Context
let administrator: Person
let viewer: Person
let vaultId: string
let farId: string

before(async () => {
  api = await PeopleApi.start()
  context = { clock: api.clock, random: systemContext.random }
  administrator = await api.person('administrator', ['backup-administrator'])
  viewer = await api.person('viewer', ['viewer'])
  vaultId = await makeVault(api.its.catalogue, context, api.its.projectId, 'main')
  farId = await makeVault(api.its.catalogue, context, api.its.projectId, 'far')
})
after(() => api[Symbol.asyncDispose]())

const codeIs = (code: string) => (error: unknown) => error instanceof ApiProblem && error.problem.code === code

async function source(name: string, tags: Readonly<Record<string, string>> = {}): Promise<string> {
  const { catalogue, projectId } = api.its
  const id = newId(context)
  const hexIds = { hexId: newHexId(context), zoneHexId: newHexId(context), replicationSpecHexId: newHexId(context) }
  const labels = { accountLabel: '000000000000', regionLabel: 'local' }
  const row = { id, projectId, ...hexIds, ...labels, name, engine: 'files', identity: `files:${name}`, state: 'READY' } as const
  await catalogue
    .insertInto('source')
    .values({ ...row, config: '{}', findings: '[]', createdAt: new Date(api.clock.nowMs()) })
    .execute()
  const rows = Object.entries(tags).map(([key, value]) => ({ projectId, objectKind: 'source', objectId: id, key, value }) as const)
  if (rows.length > 0) await catalogue.insertInto('tag').values(rows).execute()
  return id
}

const rule = { name: 'nightly', schedule: 'every day at 02:00', targetVault: 'main', lifecycle: { deleteAfter: '30d' } }

function planOf(name: string, lifecycle: object, more: object = {}, ofRule: object = {}) {
  return { name, rules: [{ ...rule, lifecycle, ...ofRule }], selections: [{ name: 'one', sources: [`${name}-*`] }], ...more }
}

/** A good point that the only rule of the plan made so many days ago. */
async function pointOf(plan: string, sourceId: string, daysAgo: number, more: object = {}): Promise<string> {
  const { catalogue, projectId } = api.its
  const createdAt = new Date(api.clock.nowMs() - daysAgo * dayMs)
  const id = await makePoint(catalogue, context, { projectId, vaultId, sourceId, createdAt })
  const { id: ruleId } = await catalogue
    .selectFrom('rule')
    .innerJoin('plan', 'plan.id', 'rule.planId')
    .select('rule.id')
    .where('plan.name', '=', plan)
    .where('rule.deletionDate', 'is', null)
    .executeTakeFirstOrThrow()
  const lifecycle = JSON.stringify({ deleteAfter: { value: 30, unit: 'days' } })
  await catalogue
    .updateTable('point')
    .set({ ruleId, verification: 'SAMPLED', lifecycle, deleteAt: new Date(createdAt.getTime() + 30 * dayMs), ...more })
    .where('id', '=', id)
    .execute()
  return id
}

async function lifecycleOf(id: string): Promise<unknown> {
  return (await api.its.catalogue.selectFrom('point').select('lifecycle').where('id', '=', id).executeTakeFirstOrThrow()).lifecycle
}

test('a preview tells runs, words and picks, and leaves no plan behind', async () => {
  const shop = await source('preview-shop', { tier: 'prod' })
  await source('preview-lab')
  const document = { ...planOf('preview', { deleteAfter: '30d' }), selections: [{ name: 'prod', anyTags: { tier: 'prod' } }] }
  const preview = await viewer.client.call(previewPlan, { body: { document } })
  assert.deepEqual([preview.name, preview.version, preview.isChanged, preview.findings], ['preview', 1, true, []])
  const [nightly] = preview.rules
  assert.deepEqual(nightly?.words, { en: 'Every day at 02:00 (UTC)', fr: 'Chaque jour à 02:00 (UTC)' })
  assert.equal(nightly?.nextRuns.length, 10)
  assert.deepEqual(preview.selections, [
    {
      name: 'prod',
      picks: 1,
      sources: [
        {
          id: shop,
          name: 'preview-shop',
          reasons: [{ en: 'it is tagged tier=prod', fr: 'elle porte l’étiquette tier=prod' }],
        },
      ],
    },
  ])
  assert.equal(preview.points.seen, 0)
  assert.deepEqual((await viewer.client.call(listPlans, {})).items, [])
})

test('a source tells when the first of its rules is due', async () => {
  await source('due-docs')
  const seen = async () => (await viewer.client.call(getSource, { params: { source: 'due-docs' } })).nextRunAt
  assert.equal(await seen(), null)
  const { plan } = await administrator.client.call(applyPlan, { body: { document: planOf('due', {}) } })
  assert.ok(plan.rules[0]?.nextRuns[0] !== undefined)
  assert.equal(await seen(), plan.rules[0]?.nextRuns[0])
})

test('a preview tells what would become of points, and applying makes it so; without the flag they keep what they had', async () => {
  const id = await source('short-docs')
  await administrator.client.call(applyPlan, { body: { document: planOf('short', { deleteAfter: '30d' }) } })
  const [oldest, middle, newest] = [await pointOf('short', id, 20), await pointOf('short', id, 10), await pointOf('short', id, 1)]
  const later = planOf('short', { deleteAfter: '7d' })
  const without = await viewer.client.call(previewPlan, { body: { document: later } })
  assert.deepEqual([without.points.seen, without.points.changed], [3, 0])
  const document = { ...later, applyToExisting: true }
  const { points } = await viewer.client.call(previewPlan, { body: { document } })
  assert.deepEqual([points.seen, points.changed, points.expiringMore, points.expiringLess], [3, 3, 2, 0])
  assert.deepEqual(
    points.changes.map((change) => [change.id, change.before.kind, change.after.kind, change.after.reasons, change.vault.name]),
    [
      [oldest, 'expires', 'expire', ['term'], 'main'],
      [middle, 'expires', 'expire', ['term'], 'main'],
      [newest, 'expires', 'expires', ['term'], 'main'],
    ],
  )
  assert.deepEqual(await lifecycleOf(oldest), { deleteAfter: { value: 30, unit: 'days' } })
  await administrator.client.call(applyPlan, { body: { document } })
  for (const one of [oldest, middle, newest]) assert.deepEqual(await lifecycleOf(one), { deleteAfter: { value: 7, unit: 'days' } })
  const row = await api.its.catalogue.selectFrom('point').select('deleteAt').where('id', '=', newest).executeTakeFirstOrThrow()
  assert.equal(row.deleteAt?.getTime(), api.clock.nowMs() + 6 * dayMs)
  const [entry] = await api.lastEntries(1)
  assert.deepEqual(entry?.detail, { name: 'short', version: 2, existing: { changed: 3, unchanged: 0 } })
})

test('a lock outlasts a shorter lifecycle, a vault allows no longer one than its lock, and a copy has its own', async () => {
  const id = await source('locked-docs')
  const { catalogue } = api.its
  const copies = [{ targetVault: 'far', lifecycle: { deleteAfter: '2y' } }]
  await administrator.client.call(applyPlan, { body: { document: planOf('locked', { deleteAfter: '30d' }, {}, { copies }) } })
  const until = (days: number) => ({ lockUntil: new Date(api.clock.nowMs() + days * dayMs) })
  const locked = await pointOf('locked', id, 1, until(20))
  const released = await pointOf('locked', id, 2, until(-1))
  const copy = await pointOf('locked', id, 2, { vaultId: farId, sourcePointId: released, sourceVaultId: vaultId })
  const shorter = { ...planOf('locked', { deleteAfter: '7d' }, {}, { copies }), applyToExisting: true }
  const { points } = await viewer.client.call(previewPlan, { body: { document: shorter } })
  assert.deepEqual(points.changes.map((change) => change.id).toSorted(), [released, copy].toSorted())
  await administrator.client.call(applyPlan, { body: { document: shorter } })
  assert.deepEqual(await lifecycleOf(locked), { deleteAfter: { value: 30, unit: 'days' } })
  assert.deepEqual(await lifecycleOf(released), { deleteAfter: { value: 7, unit: 'days' } })
  assert.deepEqual(await lifecycleOf(copy), { deleteAfter: { value: 2, unit: 'years' } })

  await catalogue.updateTable('vault').set({ lockMode: 'governance', maxRetentionDays: 60 }).where('id', '=', vaultId).execute()
  const longer = { ...planOf('locked', { deleteAfter: '90d' }, {}, { copies }), applyToExisting: true }
  await administrator.client.call(applyPlan, { body: { document: longer } })
  assert.deepEqual(await lifecycleOf(released), { deleteAfter: { value: 7, unit: 'days' } })
  await catalogue.updateTable('vault').set({ lockMode: null, maxRetentionDays: null }).where('id', '=', vaultId).execute()
})

test('a preview of what makes no plan is refused with what is wrong', async () => {
  const document = { name: 'wrong', rules: [{ name: 'a', targetVault: 'main', schedule: 'cron(nonsense)' }] }
  await assert.rejects(viewer.client.call(previewPlan, { body: { document } }), codeIs('policy.plan-invalid'))
})

test('a plan is shown by name and by id until it is deleted; its sources are then due no more, its name is free', async () => {
  await source('gone-docs')
  const { plan } = await administrator.client.call(applyPlan, { body: { document: planOf('gone', {}) } })
  for (const key of ['gone', plan.id]) assert.deepEqual(await viewer.client.call(getPlan, { params: { plan: key } }), plan)
  const remove = () => administrator.client.call(deletePlan, { params: { plan: 'gone' } })
  await remove()
  const [entry] = await api.lastEntries(1)
  assert.deepEqual([entry?.operation, entry?.target, entry?.outcome], ['plans.delete', `plan:${plan.id}`, 'ALLOWED'])
  assert.equal((await viewer.client.call(getSource, { params: { source: 'gone-docs' } })).nextRunAt, null)
  await assert.rejects(remove(), codeIs('object.missing'))
  await assert.rejects(viewer.client.call(getPlan, { params: { plan: plan.id } }), codeIs('object.missing'))
  const again = await administrator.client.call(applyPlan, { body: { document: planOf('gone', {}) } })
  assert.notEqual(again.plan.id, plan.id)
})

test('a plan that contradicts itself is refused as a whole', async () => {
  const wrong = planOf('contradicted', { deleteAfter: '7d', keep: '7d' })
  await assert.rejects(administrator.client.call(applyPlan, { body: { document: wrong } }), codeIs('policy.plan-invalid'))
  await assert.rejects(viewer.client.call(getPlan, { params: { plan: 'contradicted' } }), codeIs('object.missing'))
})

test('every preset is listed, and shows what it would make and what it wants', async () => {
  const { items } = await viewer.client.call(listPresets, {})
  assert.ok(items.length >= 13)
  for (const { name } of items) {
    const preset = await viewer.client.call(getPreset, { params: { preset: name } })
    assert.ok(preset.plans.length > 0 && preset.vaults.length > 0, name)
  }
  const detail = await viewer.client.call(getPreset, { params: { preset: 'self-hosted' } })
  assert.deepEqual(
    detail.vaults.map(({ name, isThere, longRetention }) => [name, isThere, longRetention]),
    [
      ['main', true, '12m'],
      ['main-remote', false, undefined],
    ],
  )
  assert.deepEqual(
    detail.restoreTests.map(({ name, words }) => [name, words?.en]),
    [
      ['restore', 'On day 2 of the month at 06:00 (UTC)'],
      ['simulation', 'On day 2 of the month in January at 06:00 (UTC)'],
    ],
  )
})

test('a preset is applied whole, into the vault that is named, and tells what else it wants', async () => {
  const body = { vault: farId, parameters: { project: 'web', archiveVault: 'main' } }
  const applied = await administrator.client.call(applyPreset, { params: { preset: 'platform-production' }, body })
  assert.deepEqual(
    applied.plans.map(({ plan }) => [plan.name, plan.rules[0]?.targetVault]),
    ['hourly', 'daily', 'weekly', 'monthly'].map((name) => [`web-prod-${name}`, 'far']),
  )
  assert.deepEqual(
    applied.vaults.filter(({ isThere }) => !isThere).map(({ name }) => name),
    ['web-prod-backup-vault-secondary'],
  )
  assert.ok(applied.notifications.length > 0)
  const again = await administrator.client.call(applyPreset, { params: { preset: 'platform-production' }, body })
  assert.deepEqual(
    again.plans.map(({ isChanged }) => isChanged),
    [false, false, false, false],
  )
})

test('a preset with a value that makes no plan makes none of its plans', async () => {
  const names = async () => (await viewer.client.call(listPlans, {})).items.map(({ name }) => name)
  const before = await names()
  const params = { preset: 'platform-staging' }
  const cases = [
    [{ parameters: { timeZone: 'Mars/Olympus', project: 'lost' } }, 'policy.plan-invalid'],
    [{ parameters: { nonsense: 'x' } }, 'usage.invalid'],
    [{ vault: 'nowhere', parameters: {} }, 'object.missing'],
  ] as const
  for (const [body, code] of cases)
    await assert.rejects(administrator.client.call(applyPreset, { params, body }), codeIs(code), code)
  assert.deepEqual(await names(), before)
  await assert.rejects(viewer.client.call(getPreset, { params: { preset: 'nothing' } }), codeIs('object.missing'))
})
