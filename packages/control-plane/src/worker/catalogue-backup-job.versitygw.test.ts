import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dayMs, systemContext } from '@coffre/foundation'
import { listSnapshots } from '@coffre/repository'
import { startVersitygw } from '@coffre/testkit'
import { findTroubles } from '../alarms/find-troubles.ts'
import { isCatalogueSnapshot } from '../recovery/catalogue-archive.ts'
import { startDueCatalogueBackup } from '../scheduler/due-catalogue-backups.ts'
import { startDuePrunes } from '../scheduler/due-prunes.ts'
import { endTerms } from '../testing/end-terms.ts'
import { stageLockedVault } from '../testing/locked-stage.ts'
import { startTestPeople } from '../testing/test-people.ts'

const signal = new AbortController().signal
const unexpected = (line: string): void => assert.fail(line)
const daysKept = 14

test('in a vault with a lock, backups of the catalogue are locked, and older ones stay until the storage lets go of them', async () => {
  await using its = await startTestPeople(systemContext)
  await using service = await startVersitygw()
  await using stage = await stageLockedVault(its, service, 'governance')
  let aheadMs = 0
  const later = await stage.workerLater(() => aheadMs)
  const { parts } = later
  const backUp = async () => {
    assert.equal(await startDueCatalogueBackup(parts), 1)
    const [job] = await later.doAll()
    assert.deepEqual([job?.kind, job?.state], ['CATALOGUE_BACKUP', 'COMPLETED'], JSON.stringify(job?.error))
    return job?.result as { readonly snapshotId: string; readonly removed: number }
  }
  const archives = () =>
    stage.opened(async (repository) => (await listSnapshots(repository, signal, unexpected)).filter(isCatalogueSnapshot).length)

  // One more day than are kept: the oldest would go, but its lock counts by the storage's clock, whatever time Coffre hears.
  for (let day = 0; day <= daysKept; day++) {
    aheadMs = day * dayMs
    const madeMs = parts.context.clock.nowMs()
    const { snapshotId, removed } = await backUp()
    assert.equal(removed, 0)
    if (day % daysKept !== 0) continue
    const stored = (await stage.stored()).filter(({ version }) => version.name === snapshotId)
    assert.deepEqual(
      stored.map(({ retention }) => [retention?.mode, (retention?.until.getTime() ?? 0) >= madeMs + 7 * dayMs - 1000]),
      [['governance', true]],
    )
  }
  assert.equal(await archives(), daysKept + 1)
  assert.equal((await stage.stored()).filter(({ retention }) => retention?.mode !== 'governance').length, 0)
  assert.equal(await startDuePrunes(parts), 0)
  assert.deepEqual(await findTroubles(parts.catalogue, systemContext, its.projectId), [])

  await endTerms(service, stage.bucket)
  aheadMs += dayMs
  assert.equal((await backUp()).removed, 2)
  assert.equal(await archives(), daysKept)
  assert.equal(await startDuePrunes(parts), 1)
})
