import { runVerify, type VerifyOutcome } from '@coffre/engine'
import type { SnapshotReading } from '@coffre/repository'
import type { Selectable } from 'kysely'
import type { PointTable } from '../catalogue/tables/work-tables.ts'
import { type JobRequest, requestOf } from '../jobs/job-request.ts'
import type { Finish } from './backup-job.ts'
import type { JobRun } from './job-run.ts'
import { openSession } from './open-vault.ts'
import { pointOf } from './point-of.ts'
import type { WorkerParts } from './worker-parts.ts'

type Verification = Selectable<PointTable>['verification']

const sampleBytes = 64 << 20
const damageNamedMax = 100
/** From weak to strong: a sound sample takes nothing from an earlier full read. */
const strengths = ['PENDING', 'FAILED', 'STRUCTURE', 'SAMPLED', 'FULL'] as const

/** Looks whether a point can be restored. Damage fails the job and marks the point; nothing is removed. */
export async function runVerifyJob(parts: WorkerParts, run: JobRun): Promise<Finish> {
  const { pointId, read } = requestOf('VERIFY', run.job)
  const point = await pointOf(parts.catalogue, pointId)
  await using session = await openSession(parts, point.vaultId, run.signal)
  const outcome = await runVerify(
    session,
    { pointId: point.snapshotId, read: readingOf(read, run.job.id) },
    run.onProgress,
    run.signal,
  )
  for (const { severity, message } of outcome.damage.slice(0, damageNamedMax))
    await run.log(severity === 'error' ? 'error' : 'warning', message)
  const now = new Date(parts.context.clock.nowMs())
  const commit: Finish['commit'] = async (transaction) => {
    const row = await transaction
      .selectFrom('point')
      .select(['verification', 'quarantine'])
      .where('id', '=', pointId)
      .forUpdate()
      .executeTakeFirstOrThrow()
    const verification = outcome.isSound ? stronger(row.verification, levelOf(read)) : 'FAILED'
    const columns = outcome.isSound ? {} : { message: damageOf(outcome) }
    await transaction
      .updateTable('point')
      .set({ verification, verifiedAt: now, ...columns })
      .where('id', '=', pointId)
      .execute()
  }
  if (outcome.isSound) return { event: 'done', result: { read, errors: 0 }, commit }
  return {
    event: 'failed',
    message: damageOf(outcome),
    result: { read, errors: outcome.errors },
    error: {
      code: 'repository.damaged',
      detail: damageOf(outcome),
      hint: 'Back the source up again now; `coffre repo check --read-data` names all that is damaged in the vault.',
    },
    commit,
  }
}

function readingOf(read: JobRequest<'VERIFY'>['read'], seed: string): SnapshotReading {
  if (read === 'structure') return 'none'
  return read === 'all' ? 'all' : { seed, bytes: sampleBytes }
}

function levelOf(read: JobRequest<'VERIFY'>['read']): Verification {
  return ({ structure: 'STRUCTURE', sample: 'SAMPLED', all: 'FULL' } as const)[read]
}

function damageOf({ damage, errors }: VerifyOutcome): string {
  const [first] = damage.filter(({ severity }) => severity === 'error')
  return `the point cannot be restored whole: ${first?.message ?? 'damage'}${errors > 1 ? ` and ${errors - 1} more` : ''}`
}

function stronger(before: Verification, now: Verification): Verification {
  // A full read that finds everything sound lifts an earlier failure; a sample does not.
  if (before === 'FAILED' && now !== 'FULL') return before
  return strengths.indexOf(before) > strengths.indexOf(now) ? before : now
}
