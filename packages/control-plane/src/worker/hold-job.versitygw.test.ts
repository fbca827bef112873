import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { loadVaultState } from '@coffre/repository'
import { formatLocation } from '@coffre/storage'
import { startVersitygw, temporaryFolder } from '@coffre/testkit'
import { Holds } from '../holds/holds.ts'
import { startHoldJobs } from '../holds/start-hold-jobs.ts'
import { startTestCatalogue, type TestCatalogue } from '../testing/test-catalogue.ts'
import { TestWorker } from '../testing/test-worker.ts'
import { openVault } from './open-vault.ts'

const signal = new AbortController().signal
const everything = { vaults: [], sources: [], createdAfter: null, createdBefore: null }
let its: TestCatalogue
let service: Awaited<ReturnType<typeof startVersitygw>>

before(async () => {
  its = await startTestCatalogue()
  service = await startVersitygw()
})
after(async () => {
  await service[Symbol.asyncDispose]()
  await its[Symbol.asyncDispose]()
})

test('with object lock a hold is a legal hold on every pack and snapshot, and its lifting ends it', async () => {
  await using folder = await temporaryFolder()
  await writeFile(join(folder.path, 'file'), 'content')
  await service.createBucket('held', { objectLock: true })
  const worker = await TestWorker.start(its)
  const location = formatLocation(service.location('held', 'vault'))
  const lock = { mode: 'governance', minRetentionDays: 1 } as const
  const { id: vaultId } = await worker.vault('held', { location, lock, credentials: service.credentials })
  await worker.source('docs', join(folder.path, 'file'))
  const { snapshotId } = await worker.backup('docs', 'held')
  const holds = new Holds(worker.parts.context)
  const { catalogue } = worker.parts
  const id = await catalogue.transaction().execute(async (within) => {
    const wanted = { projectId: worker.projectId, title: 'case', description: '', query: everything, createdBy: 'test' }
    const made = await holds.create(wanted, within)
    await startHoldJobs(worker.parts, { createdBy: 'test', isRepeated: false }, within)
    return made.id
  })
  assert.deepEqual(
    (await worker.doAll()).map(({ state }) => state),
    ['COMPLETED'],
  )
  await using vault = await openVault(worker.parts, vaultId, 'keeper', signal)
  const held = (await loadVaultState(vault.repository, signal)).holds.get(id)
  assert.deepEqual([...(held?.snapshots ?? [])], [snapshotId])
  const { objectLock } = vault.repository.backend
  assert.ok(objectLock)
  const files = [
    { type: 'snapshot', name: snapshotId } as const,
    ...[...(held?.packs ?? [])].map((name) => ({ type: 'pack', name }) as const),
  ]
  assert.ok(files.length > 1)
  const heldFiles = async (): Promise<boolean[]> =>
    Promise.all(
      files.map(async (file) => {
        const [version] = await objectLock.versionsOf(file, signal)
        return version !== undefined && objectLock.isHeld(file, version.versionId, signal)
      }),
    )
  assert.ok((await heldFiles()).every((isHeld) => isHeld))
  await catalogue.transaction().execute(async (within) => {
    await holds.lift(worker.projectId, id, 'over', within)
    await startHoldJobs(worker.parts, { createdBy: 'test', isRepeated: false }, within)
  })
  await worker.doAll()
  assert.ok((await heldFiles()).every((isHeld) => !isHeld))
})
