import { lockVault } from '@coffre/engine'
import { isCoffreError } from '@coffre/foundation'
import { loadDocuments, loadVaultState, type Repository, saveDocuments } from '@coffre/repository'
import { type AuditAnchor, anchorsDocument, anchorsOf, compareAnchors, withNewAnchor } from '../audit/audit-anchor.ts'
import { collectPolicy } from '../recovery/collect-policy.ts'
import { collectPoints } from '../recovery/point-record.ts'
import { documentsOf, hashPolicy } from '../recovery/vault-records.ts'
import type { Finish } from './backup-job.ts'
import { bringLock } from './bring-lock.ts'
import type { JobRun } from './job-run.ts'
import { openVault } from './open-vault.ts'
import type { WorkerParts } from './worker-parts.ts'

/** Writes into a vault what its lock is now, and what the catalogue is rebuilt from should it be lost. What the vault says already is not written again. */
export async function runRecordJob(parts: WorkerParts, run: JobRun): Promise<Finish> {
  const { catalogue, context } = parts
  await using vault = await openVault(parts, run.job.vaultId, 'keeper', run.signal)
  const { repository, row } = vault
  await using session = await lockVault(repository, {}, run.signal)
  const signal = AbortSignal.any([run.signal, session.signal])
  await session.confirmed
  await bringLock(session, row, signal)
  const known = await knownAnchors(repository, run, signal)
  const breaks = await compareAnchors(catalogue, known)
  const readAt = new Date(context.clock.nowMs())
  // What does not agree with the log is kept as it is: it tells when the log was still whole.
  const anchors = breaks.length === 0 ? await withNewAnchor(catalogue, known, readAt) : known
  const policy = await collectPolicy(catalogue, row.projectId)
  const points = await collectPoints(catalogue, row.id, row.projectId)
  const documents = [...documentsOf({ policy, points }), anchorsDocument(anchors)]
  const state = await saveDocuments(repository, documents, signal)
  const told = { policyHash: hashPolicy(policy), pointsThrough: readAt, recordedAt: new Date(context.clock.nowMs()) }
  const broken = breaks.map(({ number, problem }) => `entry ${number} is ${problem}`).join(', ')
  return {
    ...(breaks.length === 0
      ? { event: 'done' }
      : { event: 'partial', message: `the audit log is not what this vault knows of it: ${broken.slice(0, 500)}` }),
    result: { points: points.length, anchors: anchors.length },
    commit: async (transaction) => {
      const anchor = anchors === known ? undefined : anchors.at(-1)
      if (anchor !== undefined) {
        const { number, at } = anchor
        const objectName = `coffre/catalogue/${state.documents.get(anchorsDocument([]).name)?.file ?? ''}`
        await transaction
          .insertInto('auditAnchor')
          .values({ number, at, hash: Buffer.from(anchor.hash, 'hex'), vaultId: row.id, objectName })
          .onConflict((conflict) => conflict.doNothing())
          .execute()
      }
      const storageLocks = repository.backend.objectLock !== undefined
      await transaction.updateTable('vault').set({ storageLocks }).where('id', '=', row.id).execute()
      await transaction
        .insertInto('vaultRecord')
        .values({ vaultId: row.id, ...told })
        .onConflict((conflict) => conflict.column('vaultId').doUpdateSet(told))
        .execute()
    },
  }
}

async function knownAnchors(repository: Repository, run: JobRun, signal: AbortSignal): Promise<readonly AuditAnchor[]> {
  try {
    return anchorsOf(await loadDocuments(repository, await loadVaultState(repository, signal), signal))
  } catch (error) {
    if (!isCoffreError(error, 'repository.damaged')) throw error
    await run.log('error', `${error.message}; all documents of the catalogue are written again`)
    return []
  }
}
