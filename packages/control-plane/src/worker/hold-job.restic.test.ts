import assert from 'node:assert/strict'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { heldAt, loadVaultState } from '@coffre/repository'
import { temporaryFolder } from '@coffre/testkit'
import { Holds } from '../holds/holds.ts'
import { startHoldJobs } from '../holds/start-hold-jobs.ts'
import { removePoints } from '../points/remove-points.ts'
import { startDueHolds } from '../scheduler/due-holds.ts'
import { restic } from '../testing/restic.ts'
import { startTestCatalogue, type TestCatalogue } from '../testing/test-catalogue.ts'
import { TestWorker } from '../testing/test-worker.ts'
import { openVault } from './open-vault.ts'

const signal = new AbortController().signal
const everything = { vaults: [], sources: [], createdAfter: null, createdBefore: null }
let its: TestCatalogue

before(async () => {
  its = await startTestCatalogue()
})
after(() => its[Symbol.asyncDispose]())

interface Stage {
  readonly worker: TestWorker
  readonly vaultId: string
  readonly recoveryKey: string
  readonly location: string
  readonly folder: string
}

async function stage(name: string, folder: string): Promise<Stage> {
  const worker = await TestWorker.start(its)
  const location = join(folder, name)
  const { id: vaultId, recoveryKey } = await worker.vault(name, { location })
  await writeFile(join(folder, 'file'), 'first')
  await worker.source('docs', join(folder, 'file'))
  return { worker, vaultId, recoveryKey, location, folder }
}

async function hold({ worker }: Stage, title = 'case 7'): Promise<string> {
  const { catalogue, context } = worker.parts
  return catalogue.transaction().execute(async (within) => {
    const wanted = { projectId: worker.projectId, title, description: '', query: everything, createdBy: 'test' }
    const { id } = await new Holds(context).create(wanted, within)
    await startHoldJobs(worker.parts, { createdBy: 'test', isRepeated: false }, within)
    return id
  })
}

async function lift({ worker }: Stage, id: string): Promise<void> {
  await worker.parts.catalogue.transaction().execute(async (within) => {
    await new Holds(worker.parts.context).lift(worker.projectId, id, 'over', within)
    await startHoldJobs(worker.parts, { createdBy: 'test', isRepeated: false }, within)
  })
}

async function stateOf({ worker: { parts } }: Stage, id: string): Promise<string | undefined> {
  return (await parts.catalogue.selectFrom('hold').select('state').where('id', '=', id).executeTakeFirst())?.state
}

/** What the vault itself says that it holds. */
async function heldInVault({ worker, vaultId }: Stage): Promise<string[]> {
  await using vault = await openVault(worker.parts, vaultId, 'keeper', signal)
  return [...heldAt(await loadVaultState(vault.repository, signal), Date.now()).snapshots].sort()
}

test('a hold is active once the vault knows of it, binds points that come, and is over once the vault has let go', async () => {
  await using folder = await temporaryFolder()
  const made = await stage('main', folder.path)
  const { worker } = made
  const first = await worker.backup('docs', 'main')
  const id = await hold(made)
  assert.equal(await stateOf(made, id), 'CREATING')
  assert.deepEqual(
    (await worker.doAll()).map(({ kind, state }) => ({ kind, state })),
    [{ kind: 'HOLD', state: 'COMPLETED' }],
  )
  assert.equal(await stateOf(made, id), 'ACTIVE')
  assert.deepEqual(await heldInVault(made), [first.snapshotId])
  await writeFile(join(folder.path, 'file'), 'second')
  const second = await worker.backup('docs', 'main')
  assert.equal(await startDueHolds(worker.parts), 1)
  assert.equal(await startDueHolds(worker.parts), 0)
  await worker.doAll()
  assert.deepEqual(await heldInVault(made), [first.snapshotId, second.snapshotId].sort())
  assert.equal(await startDueHolds(worker.parts), 0)
  await lift(made, id)
  assert.equal(await stateOf(made, id), 'CANCELING')
  await worker.doAll()
  assert.equal(await stateOf(made, id), 'CANCELED')
  assert.deepEqual(await heldInVault(made), [])
  await restic(made.location, made.recoveryKey, ['check', '--read-data'])
})

test('what is held outlives a removal that was decided before, and its vault says so', async () => {
  await using folder = await temporaryFolder()
  const made = await stage('removed', folder.path)
  const { worker } = made
  const point = await worker.backup('docs', 'removed')
  const id = await hold(made)
  await worker.doAll()
  // As if retention had not seen the hold.
  const { catalogue } = worker.parts
  await catalogue.transaction().execute((within) => removePoints(worker.parts, [point], 'test', within))
  const [expiry] = await worker.doAll()
  assert.deepEqual({ kind: expiry?.kind, state: expiry?.state }, { kind: 'EXPIRE', state: 'PARTIAL' })
  const left = await catalogue.selectFrom('point').select(['state', 'deletionDate']).where('id', '=', point.id).execute()
  assert.deepEqual(left, [{ state: 'COMPLETED', deletionDate: null }])
  await lift(made, id)
  await worker.doAll()
  await catalogue.transaction().execute((within) => removePoints(worker.parts, [point], 'test', within))
  await worker.doAll()
  assert.equal((await restic(made.location, made.recoveryKey, ['snapshots', '--json'])).trim(), '[]')
})

test('a hold on nothing is active at once, and over at once', async () => {
  await using folder = await temporaryFolder()
  const made = await stage('empty', folder.path)
  const id = await hold(made)
  assert.equal(await stateOf(made, id), 'ACTIVE')
  await lift(made, id)
  assert.equal(await stateOf(made, id), 'CANCELED')
  await assert.rejects(lift(made, id), { code: 'hold.lifted' })
})

test('a snapshot that is gone is told, and keeps the hold from saying that it holds', async () => {
  await using folder = await temporaryFolder()
  const made = await stage('lost', folder.path)
  const { worker } = made
  const lost = await worker.backup('docs', 'lost')
  await writeFile(join(folder.path, 'file'), 'second')
  const kept = await worker.backup('docs', 'lost')
  await rm(join(made.location, 'snapshots', lost.snapshotId))
  const id = await hold(made)
  const [job] = await worker.doAll()
  assert.equal(job?.state, 'PARTIAL')
  assert.equal(await stateOf(made, id), 'CREATING')
  assert.deepEqual(await heldInVault(made), [kept.snapshotId])
})
