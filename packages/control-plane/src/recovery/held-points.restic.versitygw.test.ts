import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { dayMs, hourMs } from '@coffre/foundation'
import { heldAt, loadVaultState } from '@coffre/repository'
import { fileTypes, formatLocation, type S3Credentials } from '@coffre/storage'
import { SeededRandom, startVersitygw, temporaryFolder, type Versitygw } from '@coffre/testkit'
import { Holds } from '../holds/holds.ts'
import { startHoldJobs } from '../holds/start-hold-jobs.ts'
import { startRestore } from '../jobs/start-restore.ts'
import { startDueHolds } from '../scheduler/due-holds.ts'
import { startDuePrunes } from '../scheduler/due-prunes.ts'
import { startDueRecords } from '../scheduler/due-records.ts'
import { applyRetention } from '../scheduler/retention.ts'
import { endTerms } from '../testing/end-terms.ts'
import { restic } from '../testing/restic.ts'
import { startTestCatalogue, type TestCatalogue } from '../testing/test-catalogue.ts'
import { TestWorker } from '../testing/test-worker.ts'
import type { NewVault } from '../vaults/new-vault.ts'
import { openVault } from '../worker/open-vault.ts'
import { findVault } from './find-vault.ts'
import { rebuildCatalogue } from './rebuild-catalogue.ts'

const signal = new AbortController().signal
const unexpected = (line: string): void => assert.fail(line)

/** Where a vault is, with what is needed to get there. */
interface Place {
  readonly location: string
  readonly lock?: NewVault['lock']
  readonly credentials?: S3Credentials
  readonly environment: Readonly<Record<string, string>>
  /** Has the storage let go of what is locked by term. */
  readonly endTerms: () => Promise<void>
}

let lost: TestCatalogue
let service: Versitygw
before(async () => {
  lost = await startTestCatalogue()
  service = await startVersitygw()
})
after(async () => {
  await service[Symbol.asyncDispose]()
  await lost[Symbol.asyncDispose]()
})

const places: Readonly<Record<string, (folder: string) => Promise<Place>>> = {
  'on a local disk': async (folder) => ({ location: join(folder, 'vault'), environment: {}, endTerms: async () => undefined }),
  'in a bucket with object lock': async () => {
    const bucket = 'held'
    await service.createBucket(bucket, { objectLock: true })
    const { credentials } = service
    return {
      location: formatLocation(service.location(bucket, 'vault')),
      lock: { mode: 'governance', minRetentionDays: 7 },
      credentials,
      environment: { AWS_ACCESS_KEY_ID: credentials.accessKeyId, AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey },
      endTerms: () => endTerms(service, bucket),
    }
  },
}

for (const [where, placeIn] of Object.entries(places)) {
  test(`what was held ${where} outlives the catalogue, a rebuild, its term and prunes`, async () => {
    await using folder = await temporaryFolder()
    const place = await placeIn(folder.path)
    const random = new SeededRandom(1)
    const [heldContent, otherContent] = [random.bytes(600_000), random.bytes(600_000)]
    const worker = await TestWorker.start(lost)
    const { id: vaultId, recoveryKey } = await worker.vault('main', place)
    const docs = join(folder.path, 'docs')
    await mkdir(docs)
    await worker.source('docs', docs)
    const backup = async (content: Uint8Array, deleteAfter: string) => {
      await writeFile(join(docs, 'file'), content)
      return worker.backup('docs', 'main', { deleteAfter })
    }
    const held = await backup(heldContent, '7d')
    await holdAllSoFar(worker)
    await backup(otherContent, '7d')
    const last = await backup(Buffer.from('last'), '60d')
    await startDueRecords(worker.parts)
    assert.ok((await worker.doAll()).every(({ state }) => state === 'COMPLETED'))

    // The server is lost with its catalogue. What goes on is a new one, weeks later.
    await using empty = await startTestCatalogue()
    const { environment } = place
    const builder = await TestWorker.start(empty, { tenant: { orgId: '', projectId: '' }, environment })
    await using found = await findVault(builder.parts.places, place.location, [recoveryKey], unexpected, signal)
    const rebuilt = await rebuildCatalogue(builder.parts, [found], signal)
    assert.deepEqual([rebuilt.points, rebuilt.holds], [3, 1])
    const { projectId } = await empty.catalogue.selectFrom('source').select('projectId').executeTakeFirstOrThrow()
    let aheadMs = 20 * dayMs
    const tenant = { orgId: '', projectId }
    const server = await TestWorker.start(empty, { tenant, environment, aheadMs: () => aheadMs })
    await place.endTerms()
    await startDueHolds(server.parts)
    await server.doAll()
    const expire = async () => {
      assert.equal(await applyRetention(server.parts, signal), 1)
      return (await server.doAll()).map(({ kind, state }) => `${kind} ${state}`)
    }
    const pruneTwice = async (): Promise<number> => {
      let removed = 0
      for (let day = 0; day < 2; day++) {
        await startDuePrunes(server.parts)
        for (const { result } of await server.doAll()) removed += (result as { readonly removedPacks: number }).removedPacks
        aheadMs += 25 * hourMs
      }
      return removed
    }
    const snapshots = async () => {
      const all = JSON.parse(await restic(place.location, recoveryKey, ['snapshots', '--json'], environment))
      return (all as readonly { readonly id: string }[]).map(({ id }) => id).sort()
    }
    const before = await storedPacks(server, vaultId)
    assert.deepEqual(await expire(), ['EXPIRE COMPLETED'])
    assert.deepEqual(await snapshots(), [held.snapshotId, last.snapshotId].sort())
    const removed = await pruneTwice()
    const after = await storedPacks(server, vaultId)
    assert.ok(removed > 0 && before - after > otherContent.length / 2, `${removed} packs: ${before} bytes became ${after}`)

    // Even when the new catalogue forgets the hold, the vault does not.
    await empty.catalogue.deleteFrom('holdPoint').execute()
    await empty.catalogue.deleteFrom('hold').execute()
    assert.deepEqual(await expire(), ['EXPIRE PARTIAL'])
    await pruneTwice()
    assert.deepEqual(await snapshots(), [held.snapshotId, last.snapshotId].sort())
    await assertHeldAtStorage(server, vaultId, held.snapshotId)
    const to = join(folder.path, 'out')
    await mkdir(to)
    const order = { projectId, source: 'docs', point: held.id, at: undefined, to, overwrite: false, createdBy: 'test' }
    await startRestore(server.parts, order)
    assert.deepEqual(
      (await server.doAll()).map(({ kind, state }) => `${kind} ${state}`),
      ['RESTORE COMPLETED'],
    )
    assert.equal(Buffer.compare(await readFile(join(to, 'file')), heldContent), 0)
    await restic(place.location, recoveryKey, ['check', '--read-data'], environment)
  })
}

async function holdAllSoFar(worker: TestWorker): Promise<void> {
  const { catalogue, context } = worker.parts
  const { projectId } = worker
  await catalogue.transaction().execute(async (within) => {
    const query = { vaults: [], sources: [], createdAfter: null, createdBefore: new Date(context.clock.nowMs()).toISOString() }
    await new Holds(context).create({ projectId, title: 'case 7', description: '', query, createdBy: 'test' }, within)
    await startHoldJobs(worker.parts, { createdBy: 'test', isRepeated: false }, within)
  })
  const jobs = await worker.doAll()
  assert.deepEqual(
    jobs.map(({ kind, state }) => `${kind} ${state}`),
    ['HOLD COMPLETED'],
  )
}

/** Bytes of all packs, hidden versions too. */
async function storedPacks(worker: TestWorker, vaultId: string): Promise<number> {
  await using vault = await openVault(worker.parts, vaultId, 'keeper', signal)
  const { backend } = vault.repository
  const packs = backend.objectLock === undefined ? backend.list('pack', signal) : backend.objectLock.versions('pack', signal)
  let sum = 0
  for await (const { sizeBytes } of packs) sum += sizeBytes
  return sum
}

/** With object lock, all that the point needs is under legal hold at the storage itself, and nothing else is. */
async function assertHeldAtStorage(worker: TestWorker, vaultId: string, snapshotId: string): Promise<void> {
  await using vault = await openVault(worker.parts, vaultId, 'keeper', signal)
  const { repository } = vault
  const held = heldAt(await loadVaultState(repository, signal), Number.MAX_SAFE_INTEGER)
  assert.deepEqual([...held.snapshots], [snapshotId])
  const { objectLock } = repository.backend
  if (objectLock === undefined) return
  const names = new Set<string>()
  for (const type of fileTypes)
    for await (const version of objectLock.versions(type, signal))
      if (!version.isMarker && (await objectLock.isHeld(version, version.versionId, signal))) names.add(version.name)
  assert.deepEqual(names, new Set([snapshotId, ...held.packs]))
}
