import { lockVault } from '@coffre/engine'
import { saveDocuments } from '@coffre/repository'
import { collectPolicy } from '../recovery/collect-policy.ts'
import { collectPoints } from '../recovery/point-record.ts'
import { documentsOf, hashPolicy } from '../recovery/vault-records.ts'
import type { Finish } from './backup-job.ts'
import type { JobRun } from './job-run.ts'
import { openVault } from './open-vault.ts'
import type { WorkerParts } from './worker-parts.ts'

/** Writes into a vault what the catalogue is rebuilt from should it be lost. What the vault says already is not written again. */
export async function runRecordJob(parts: WorkerParts, run: JobRun): Promise<Finish> {
  const { catalogue, context } = parts
  await using vault = await openVault(parts, run.job.vaultId, 'keeper', run.signal)
  const { repository, row } = vault
  await using session = await lockVault(repository, {}, run.signal)
  const signal = AbortSignal.any([run.signal, session.signal])
  await session.confirmed
  const readAt = new Date(context.clock.nowMs())
  const policy = await collectPolicy(catalogue, row.projectId)
  const points = await collectPoints(catalogue, row.id, row.projectId)
  await saveDocuments(repository, documentsOf({ policy, points }), signal)
  const told = { policyHash: hashPolicy(policy), pointsThrough: readAt, recordedAt: new Date(context.clock.nowMs()) }
  return {
    event: 'done',
    result: { points: points.length },
    commit: async (transaction) => {
      await transaction
        .insertInto('vaultRecord')
        .values({ vaultId: row.id, ...told })
        .onConflict((conflict) => conflict.column('vaultId').doUpdateSet(told))
        .execute()
    },
  }
}
