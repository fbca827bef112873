import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { ListObjectVersionsCommand, type ObjectVersion } from '@aws-sdk/client-s3'
import { dayMs, hourMs, systemContext } from '@coffre/foundation'
import { SeededRandom, startVersitygw, temporaryFolder, type Versitygw } from '@coffre/testkit'
import { startRestore } from '../jobs/start-restore.ts'
import { startDuePrunes } from '../scheduler/due-prunes.ts'
import { applyRetention } from '../scheduler/retention.ts'
import { endTerms } from '../testing/end-terms.ts'
import { type LockedStage, stageLockedVault, withClient } from '../testing/locked-stage.ts'
import { restic } from '../testing/restic.ts'
import { startTestPeople } from '../testing/test-people.ts'
import type { TestWorker } from '../testing/test-worker.ts'

const signal = new AbortController().signal
const oldBytes = 600_000

/**
 * Real are the storage, its locks, what it refuses and removes, and the credentials with what the vault's policies let them do. Moved
 * are two things, as terms are days: Coffre hears a later time, its own and the storage's; and the owner of the storage makes the
 * retentions end within seconds, by the storage's real clock.
 */
test('when its term has really ended, the storage lets go of what expiry and prunes remove, and not a moment before', async () => {
  await using its = await startTestPeople(systemContext)
  await using service = await startVersitygw()
  await using stage = await stageLockedVault(its, service, 'governance')
  const backup = async (content: string | Uint8Array, deleteAfter: string) => {
    await writeFile(join(stage.folder, 'file'), content)
    return stage.worker.backup('docs-governance', 'governance', { deleteAfter })
  }
  const older = await backup(new SeededRandom(1).bytes(oldBytes), '7d')
  const newer = await backup('the new content', '40d')
  let aheadMs = 20 * dayMs
  const later = await stage.workerLater(() => aheadMs)
  const expire = async () => {
    assert.equal(await applyRetention(later.parts, signal), 1)
    return endsOf(later)
  }

  const locked = await versionsIn(service, stage)
  assert.deepEqual(await expire(), ['EXPIRE PARTIAL'])
  const still = new Set((await versionsIn(service, stage)).map(({ VersionId }) => VersionId))
  assert.deepEqual(
    locked.filter(({ VersionId }) => !still.has(VersionId)),
    [],
  )

  await endTerms(service, stage.bucket)
  assert.deepEqual(await expire(), ['EXPIRE COMPLETED'])
  let removedPacks = 0
  for (let day = 0; day < 2; day++) {
    assert.equal(await startDuePrunes(later.parts), 1)
    for (const { result } of await later.doAll()) removedPacks += (result as { readonly removedPacks: number }).removedPacks
    aheadMs += 25 * hourMs
  }
  const left = await versionsIn(service, stage)
  assert.deepEqual(
    left.filter(({ Key }) => Key?.endsWith(older.snapshotId)),
    [],
  )
  const leftIds = new Set(left.map(({ VersionId }) => VersionId))
  const gonePacks = packsOf(locked).filter(({ VersionId }) => !leftIds.has(VersionId))
  assert.ok(removedPacks > 0 && gonePacks.length === removedPacks, `${gonePacks.length} of ${removedPacks} packs`)
  assert.ok(gonePacks.reduce((sum, { Size = 0 }) => sum + Size, 0) > oldBytes)

  await using out = await temporaryFolder()
  const to = join(out.path, 'to')
  await mkdir(to)
  const { projectId } = its
  const order = { projectId, source: 'docs-governance', point: newer.id, at: undefined, to, overwrite: false, createdBy: 'test' }
  await startRestore(stage.worker.parts, order)
  assert.deepEqual(await endsOf(stage.worker), ['RESTORE COMPLETED'])
  assert.equal(await readFile(join(to, 'file'), 'utf8'), 'the new content')
  const environment = { AWS_ACCESS_KEY_ID: stage.keeper.accessKeyId, AWS_SECRET_ACCESS_KEY: stage.keeper.secretAccessKey }
  await restic(`s3:http://${service.host}/${stage.bucket}/vault`, stage.recoveryKey, ['check', '--read-data'], environment)
})

async function endsOf(worker: TestWorker): Promise<string[]> {
  return (await worker.doAll()).map(({ kind, state }) => `${kind} ${state}`)
}

/** Every version that the storage itself tells of, but for lock files; a marker that is left is a version of no size. */
async function versionsIn(service: Versitygw, { bucket: Bucket }: LockedStage): Promise<ObjectVersion[]> {
  const { Versions = [], DeleteMarkers = [] } = await withClient(service, undefined, (client) =>
    client.send(new ListObjectVersionsCommand({ Bucket })),
  )
  return [...Versions, ...DeleteMarkers].filter(({ Key }) => Key?.includes('/locks/') !== true)
}

function packsOf(versions: readonly ObjectVersion[]): ObjectVersion[] {
  return versions.filter(({ Key }) => Key?.includes('/data/') === true)
}
