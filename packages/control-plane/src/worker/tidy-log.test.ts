import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { dayMs } from '@coffre/foundation'
import { listSnapshots, loadVaultState } from '@coffre/repository'
import { RepositoryFixture } from '@coffre/testkit'
import { newId } from '../catalogue/new-id.ts'
import { Holds } from '../holds/holds.ts'
import { applyPlan } from '../plans/apply-plan.ts'
import { makePoint, makeSource, makeVault } from '../testing/tenant-objects.ts'
import { makeProject, startTestCatalogue, type TestCatalogue } from '../testing/test-catalogue.ts'
import { tidyLog } from './tidy-log.ts'

const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10)

let its: TestCatalogue
/** Ids differ between them. */
let stages = 0
before(async () => {
  its = await startTestCatalogue()
})
after(() => its[Symbol.asyncDispose]())

/** Twenty days of log, today's still open, on branch `b`; each day is one offset. */
async function stage() {
  const fixture = await RepositoryFixture.create({ seed: ++stages })
  const { context, signal } = fixture
  const { catalogue } = its
  const { projectId } = await makeProject(catalogue, context, `log days ${stages}`)
  const [vaultId, sourceId] = [
    await makeVault(catalogue, context, projectId, 'main'),
    await makeSource(catalogue, context, projectId, 'shop'),
  ]
  const beganMs = Date.parse(day(context.clock.nowMs())) - 19 * dayMs
  const days = Array.from({ length: 20 }, (_, i) => day(beganMs + i * dayMs))
  const offset = (i: number): string => String(i).padStart(4, '0')
  for (const [i, name] of days.entries()) {
    const labels = {
      kind: 'log',
      stream: 'shop',
      epoch: '1',
      day: name,
      from: `b@${offset(i)}`,
      to: `b@${offset(i + 1)}`,
      tail: `${i}.`,
    }
    const tags = Object.entries(i < 19 ? { ...labels, closed: 'yes' } : labels).map(([key, value]) => `coffre:${key}=${value}`)
    await fixture.snapshot({ log: name }, { tags })
  }
  const row = { projectId, sourceId, vaultId, logName: 'shop', state: 'CAPTURING', createdAt: new Date(beganMs) } as const
  const begin = { epoch: 1, epochAt: new Date(beganMs), epochBranch: 'b', epochOffset: offset(0) }
  await catalogue
    .insertInto('stream')
    .values({ id: newId(context), ...row, ...begin, updatedAt: new Date(beganMs) })
    .execute()
  const other = await fixture.snapshot({ log: 'a point of files' })
  return {
    days,
    otherId: other.id,
    async plan(windowDays: number): Promise<void> {
      const rule = { name: 'rule', targetVault: 'main', continuous: true, windowDays, lifecycle: {} }
      const document = { name: 'plan', rules: [rule], selections: [{ name: 'all', sources: ['shop'] }] }
      const request = { projectId, document, name: undefined, targetVault: undefined, createdBy: 'test' }
      await applyPlan(catalogue, context, request, () => Promise.resolve())
    },
    /** Begun at noon of a day, when the log stood within it. */
    async base(i: number): Promise<void> {
      const createdAt = new Date(Date.parse(days[i] ?? '') + dayMs / 2)
      const id = await makePoint(catalogue, context, { projectId, vaultId, sourceId, createdAt })
      const manifest = JSON.stringify({ begin: { branch: 'b', offset: `${offset(i)}5` } })
      await catalogue.updateTable('point').set({ manifest, verification: 'SAMPLED' }).where('id', '=', id).execute()
    },
    async forgetBases(): Promise<void> {
      await catalogue
        .updateTable('point')
        .set({ state: 'EXPIRED', deletionDate: new Date() })
        .where('sourceId', '=', sourceId)
        .execute()
    },
    /** Of the bases that were begun between two days. */
    async hold(from: number, to: number): Promise<string> {
      const query = { vaults: [], sources: [sourceId], createdAfter: days[from] ?? null, createdBefore: days[to] ?? null }
      const hold = { projectId, title: 'case 7', description: 'the court asks', query, createdBy: 'test' }
      return (await catalogue.transaction().execute((within) => new Holds(context).create(hold, within))).id
    },
    async lift(id: string): Promise<void> {
      await catalogue.transaction().execute((within) => new Holds(context).lift(projectId, id, 'settled', within))
    },
    async heldDays(): Promise<number | undefined> {
      const { holds } = await loadVaultState(fixture.repository, signal)
      return [...holds.values()][0]?.snapshots.size
    },
    begin: () => catalogue.selectFrom('stream').select('epochOffset').where('sourceId', '=', sourceId).executeTakeFirst(),
    forget: async () =>
      (await tidyLog({ catalogue, context }, fixture.repository, { projectId, vaultId, logName: 'shop' }, signal)).forgotten,
    async left(): Promise<string[]> {
      const snapshots = await listSnapshots(fixture.repository, signal)
      return snapshots.map(({ id, tags }) => tags?.find((tag) => tag.startsWith('coffre:day='))?.slice(11) ?? id)
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await fixture[Symbol.asyncDispose]()
    },
  }
}

test('days of log go once they are older than the window and than all bases, and nothing else does', async () => {
  await using staged = await stage()
  await staged.plan(7)
  assert.equal(await staged.forget(), 0)
  // The log before a base is needed for a day longer than the base says.
  await staged.base(6)
  assert.equal(await staged.forget(), 5)
  assert.deepEqual(await staged.left(), [...staged.days.slice(5), staged.otherId])
  assert.equal(await staged.forget(), 0)
})

test('a window keeps days that no base needs', async () => {
  await using staged = await stage()
  await staged.base(15)
  await staged.plan(16)
  assert.equal(await staged.forget(), 3)
  assert.deepEqual(await staged.left(), [...staged.days.slice(3), staged.otherId])
  await staged.plan(7)
  assert.equal(await staged.forget(), 9)
  assert.deepEqual(await staged.left(), [...staged.days.slice(12), staged.otherId])
})

test('the log of bases that outlive the window goes, but for what the window needs', async () => {
  await using staged = await stage()
  for (const i of [2, 6, 9, 11, 15, 18]) await staged.base(i)
  assert.equal(await staged.forget(), 1, 'without a window all bases have their log')
  await staged.plan(7)
  assert.equal(await staged.forget(), 9)
  assert.deepEqual(await staged.left(), [...staged.days.slice(10), staged.otherId])
  assert.deepEqual(await staged.begin(), { epochOffset: '0010' })
})

test('a legal hold binds the log from its first base to its end, and what nothing needs goes once it is lifted', async () => {
  await using staged = await stage()
  for (const i of [2, 6, 11, 15, 18]) await staged.base(i)
  const hold = await staged.hold(5, 8)
  await staged.plan(7)
  assert.equal(await staged.forget(), 7)
  assert.deepEqual(await staged.left(), [...staged.days.slice(5, 8), ...staged.days.slice(10), staged.otherId])
  assert.equal(await staged.heldDays(), 3)
  assert.deepEqual(await staged.begin(), { epochOffset: '0010' })
  await staged.lift(hold)
  assert.equal(await staged.forget(), 0, 'until the vault has let go')
})

test('a log that nobody captures goes with its last base', async () => {
  await using staged = await stage()
  await staged.base(6)
  assert.equal(await staged.forget(), 5)
  await staged.forgetBases()
  assert.equal(await staged.forget(), 15)
  assert.deepEqual(await staged.left(), [staged.otherId])
  assert.equal(await staged.begin(), undefined)
})
