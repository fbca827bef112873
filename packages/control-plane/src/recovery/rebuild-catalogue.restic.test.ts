import assert from 'node:assert/strict'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { heldAt, loadVaultState, recordKnown } from '@coffre/repository'
import { temporaryFolder } from '@coffre/testkit'
import { Holds } from '../holds/holds.ts'
import { startHoldJobs } from '../holds/start-hold-jobs.ts'
import { startRestore } from '../jobs/start-restore.ts'
import { applyPlan } from '../plans/apply-plan.ts'
import { startDueHolds } from '../scheduler/due-holds.ts'
import { startDueRecords } from '../scheduler/due-records.ts'
import { restic } from '../testing/restic.ts'
import { startTestCatalogue, type TestCatalogue } from '../testing/test-catalogue.ts'
import { TestWorker } from '../testing/test-worker.ts'
import { openVault } from '../worker/open-vault.ts'
import { findVault } from './find-vault.ts'
import { type Rebuilt, rebuildCatalogue } from './rebuild-catalogue.ts'

const signal = new AbortController().signal
const audit = (): Promise<void> => Promise.resolve()
const everything = { vaults: [], sources: [], createdAfter: null, createdBefore: null }
let its: TestCatalogue

before(async () => {
  its = await startTestCatalogue()
})
after(() => its[Symbol.asyncDispose]())

async function rebuild(worker: TestWorker, location: string, keys: readonly string[]): Promise<Rebuilt> {
  const unexpected = (line: string): void => assert.fail(line)
  await using found = await findVault(worker.parts.places, location, keys, unexpected, signal)
  return rebuildCatalogue(worker.parts, [found], signal)
}

/** A worker on a catalogue that has nothing in it. */
function onEmpty(empty: TestCatalogue): Promise<TestWorker> {
  return TestWorker.start(empty, { tenant: { orgId: '', projectId: '' } })
}

test('from the vault alone: ids, plans, points, holds, and what came after the last record', async () => {
  await using folder = await temporaryFolder()
  const worker = await TestWorker.start(its)
  const { catalogue, context } = worker.parts
  const location = join(folder.path, 'main')
  const { id: vaultId, recoveryKey } = await worker.vault('main', { location })
  const file = join(folder.path, 'file')
  await writeFile(file, 'first')
  const sourceId = await worker.source('docs', file)
  const rule = { name: 'main', targetVault: 'main', schedule: 'rate(6 hours)', lifecycle: { keep: '7d,4w' } }
  const document = { name: 'docs', timeZone: 'Europe/Paris', rules: [rule], selections: [{ name: 'docs', sources: [sourceId] }] }
  const request = { projectId: worker.projectId, document, name: undefined, targetVault: undefined, createdBy: 'user:one' }
  await applyPlan(catalogue, context, request, audit)
  const first = await worker.backup('docs', 'main')
  const holdId = await catalogue.transaction().execute(async (within) => {
    const wanted = {
      projectId: worker.projectId,
      title: 'Affaire n° 7',
      description: 'é',
      query: everything,
      createdBy: 'user:one',
    }
    const { id } = await new Holds(context).create(wanted, within)
    await startHoldJobs(worker.parts, { createdBy: 'test', isRepeated: false }, within)
    return id
  })
  await worker.doAll()
  assert.ok((await startDueRecords(worker.parts)) >= 1)
  await worker.doAll()
  assert.equal(await startDueRecords(worker.parts), 0)
  await writeFile(file, 'second')
  const second = await worker.backup('docs', 'main')

  await using empty = await startTestCatalogue()
  const next = await onEmpty(empty)
  await assert.rejects(rebuild(next, location, ['AAAAA-BBBBB']), { code: 'repository.password' })
  const rebuilt = await rebuild(next, location, ['AAAAA-BBBBB', recoveryKey])
  assert.deepEqual(rebuilt, { vaults: 1, sources: 1, plans: 1, points: 2, pointsByTags: 1, holds: 1 })
  await assert.rejects(rebuild(next, location, [recoveryKey]), { code: 'catalogue.not-empty' })
  for (const table of ['source', 'plan', 'planVersion', 'rule', 'selection'] as const) {
    const idsOf = async (reader: typeof catalogue) =>
      (await reader.selectFrom(table).select('id').orderBy('id').execute()).map(({ id }) => id)
    const own = await idsOf(empty.catalogue)
    assert.ok(own.length > 0)
    const before = await idsOf(catalogue)
    assert.ok(
      own.every((id) => before.includes(id)),
      table,
    )
  }
  const points = await empty.catalogue.selectFrom('point').selectAll().orderBy('createdAt').execute()
  const [one, two] = points
  assert.deepEqual(
    points.map(({ snapshotId, sourceId: of, vaultId: at, sizeBytes }) => [snapshotId, of, at, sizeBytes]),
    [
      [first.snapshotId, sourceId, vaultId, 5],
      [second.snapshotId, sourceId, vaultId, 6],
    ],
  )
  assert.deepEqual([one?.id, one?.ruleId, one?.verification], [first.id, first.ruleId, 'SAMPLED'])
  assert.deepEqual([two?.planName, two?.ruleId, two?.lifecycle], ['docs', first.ruleId, first.lifecycle])
  const [planned] = await empty.catalogue.selectFrom('rule').selectAll().execute()
  assert.ok((planned?.nextDueAt?.getTime() ?? 0) > Date.now() && (planned?.evaluatedThrough.getTime() ?? 0) > Date.now() - 60_000)
  const [held] = await empty.catalogue.selectFrom('hold').selectAll().execute()
  assert.deepEqual([held?.id, held?.title, held?.state, held?.createdBy], [holdId, 'Affaire n° 7', 'ACTIVE', 'system:rebuild'])

  // The new server works: the hold grows to the point that came last, what was not verified is, and a restore comes back.
  const { projectId } = await empty.catalogue.selectFrom('source').select('projectId').executeTakeFirstOrThrow()
  const server = await TestWorker.start(empty, { tenant: { orgId: '', projectId } })
  await startDueHolds(server.parts)
  assert.ok((await server.doAll()).every(({ state }) => state === 'COMPLETED'))
  await using vault = await openVault(server.parts, vaultId, 'keeper', signal)
  const { snapshots } = heldAt(await loadVaultState(vault.repository, signal), Date.now())
  assert.deepEqual([...snapshots].sort(), [first.snapshotId, second.snapshotId].sort())
  const to = join(folder.path, 'out')
  await mkdir(to)
  const order = { projectId, source: 'docs', point: undefined, at: undefined, to, overwrite: false, createdBy: 'test' }
  await startRestore({ ...server.parts }, order)
  const [restored] = await server.doAll()
  assert.equal(restored?.state, 'COMPLETED')
  assert.equal(await readFile(join(to, 'file'), 'utf8'), 'second')
  await server.backup('docs', 'main')
  await restic(location, recoveryKey, ['check', '--read-data'])
})

test('a vault that no server wrote to gives its points by their tags', async () => {
  await using folder = await temporaryFolder()
  const location = join(folder.path, 'plain')
  await restic(location, 'secret', ['init'])
  await writeFile(join(folder.path, 'file'), 'content')
  await restic(location, 'secret', ['backup', '--host', 'box', '--tag', 'team=ops', join(folder.path, 'file')])
  // A day of log is no point: its stream finds it in the vault.
  await restic(location, 'secret', ['backup', '--tag', 'coffre:kind=log,coffre:stream=shop', join(folder.path, 'file')])
  await using empty = await startTestCatalogue()
  const worker = await onEmpty(empty)
  const rebuilt = await rebuild(worker, location, ['secret'])
  assert.deepEqual(rebuilt, { vaults: 1, sources: 0, plans: 0, points: 1, pointsByTags: 1, holds: 0 })
  const [point] = await empty.catalogue.selectFrom('point').selectAll().execute()
  assert.deepEqual([point?.sourceName, point?.vaultName, point?.lifecycle, point?.deleteAt], ['box', 'plain', {}, null])
  const tags = await empty.catalogue.selectFrom('tag').select(['objectId', 'key', 'value']).execute()
  assert.deepEqual(tags, [{ objectId: point?.id, key: 'team', value: 'ops' }])
  const [verified] = await worker.doAll()
  assert.deepEqual([verified?.kind, verified?.state], ['VERIFY', 'COMPLETED'])
})

test('a broken chain ends it before anything is made, and a failure leaves neither rows nor keys', async () => {
  await using folder = await temporaryFolder()
  const worker = await TestWorker.start(its)
  const location = join(folder.path, 'broken')
  const { id, recoveryKey } = await worker.vault('broken', { location })
  await startDueRecords(worker.parts)
  await worker.doAll()
  await using vault = await openVault(worker.parts, id, 'keeper', signal)
  const keys = await vault.repository.names('key', signal)
  await using empty = await startTestCatalogue()
  const next = await onEmpty(empty)
  await using found = await findVault(next.parts.places, location, [recoveryKey], () => undefined, signal)
  // The second of two vaults at one place cannot be made.
  await assert.rejects(rebuildCatalogue(next.parts, [found, { ...found }], signal), /vault_location|vault_pkey|duplicate key/)
  assert.deepEqual((await vault.repository.names('key', signal)).sort(), [...keys].sort())
  assert.deepEqual(await empty.catalogue.selectFrom('org').select('name').execute(), [])
  await recordKnown(vault.repository, { added: [{ type: 'snapshot', name: '0'.repeat(64) }] }, signal)
  await rm(join(location, 'coffre', 'state', '00000001'))
  await assert.rejects(rebuild(next, location, [recoveryKey]), { code: 'repository.state-broken' })
})
