import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dayMs } from '@coffre/foundation'
import { listSnapshots } from '@coffre/repository'
import { RepositoryFixture } from '@coffre/testkit'
import { applyPlan } from '../plans/apply-plan.ts'
import { makePoint, makeSource, makeVault } from '../testing/tenant-objects.ts'
import { makeProject, startTestCatalogue } from '../testing/test-catalogue.ts'
import { forgetLogDays } from './forget-log-days.ts'

const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10)

/** Twenty days of log, today's still open, on branch `b`; each day is one offset. */
async function stage() {
  const its = await startTestCatalogue()
  const fixture = await RepositoryFixture.create()
  const { context, signal } = fixture
  const { catalogue } = its
  const { projectId } = await makeProject(catalogue, context, 'log days')
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
      await catalogue.updateTable('point').set({ manifest }).where('id', '=', id).execute()
    },
    forget: () =>
      forgetLogDays(
        { catalogue, context },
        fixture.repository,
        { projectId, sourceId, sourceName: 'shop', vaultId, vaultName: 'main' },
        signal,
      ),
    async left(): Promise<string[]> {
      const snapshots = await listSnapshots(fixture.repository, signal)
      return snapshots.map(({ id, tags }) => tags?.find((tag) => tag.startsWith('coffre:day='))?.slice(11) ?? id)
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await fixture[Symbol.asyncDispose]()
      await its[Symbol.asyncDispose]()
    },
  }
}

test('days of log go once they are older than the window and than all bases, and nothing else does', async () => {
  await using its = await stage()
  await its.plan(7)
  assert.equal(await its.forget(), 0)
  // The log before a base is needed for a day longer than the base says.
  await its.base(6)
  assert.equal(await its.forget(), 5)
  assert.deepEqual(await its.left(), [...its.days.slice(5), its.otherId])
  assert.equal(await its.forget(), 0)
})

test('a window keeps days that no base needs', async () => {
  await using its = await stage()
  await its.base(15)
  await its.plan(16)
  assert.equal(await its.forget(), 3)
  assert.deepEqual(await its.left(), [...its.days.slice(3), its.otherId])
  await its.plan(7)
  assert.equal(await its.forget(), 9)
  assert.deepEqual(await its.left(), [...its.days.slice(12), its.otherId])
})
