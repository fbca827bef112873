import type { RestoreForesight } from '@coffre/connector'
import type { Id } from '@coffre/repository'
import { openPoint } from './open-point.ts'
import type { PointDocument } from './point-document.ts'
import { type ReplayPlan, replayOf } from './replay/plan-replay.ts'
import type { RestoreMeans, RestoreRun } from './restore/restore-request.ts'
import { planOf } from './run-restore.ts'
import type { VaultSession } from './vault-session.ts'

/** A restore that is asked about; without a target only what would be read is told. */
export type AskedRestore = Pick<RestoreRun, 'pointId' | 'wish' | 'overwrite' | 'parts' | 'options'> & {
  readonly target: RestoreRun['target'] | undefined
}

export interface RestoreExplanation {
  readonly pointId: Id
  /** Of the point; undefined when nobody counted them. */
  readonly pointBytes: number | undefined
  /** Undefined for a plain tree. */
  readonly document: PointDocument | undefined
  /** Where log is to be replayed. */
  readonly plan: ReplayPlan | undefined
  /** Undefined without a target, and where the engine cannot tell. */
  readonly foresight: RestoreForesight | undefined
}

/** Finds out what `runRestore` would do, and what stands in its way. Changes nothing, neither in the vault nor at the target. */
export async function explainRestore(
  session: VaultSession,
  means: RestoreMeans,
  asked: AskedRestore,
  signal: AbortSignal,
): Promise<RestoreExplanation> {
  const both = AbortSignal.any([signal, session.signal])
  const plan = await planOf(session, means, asked, both)
  const pointId = plan?.base.snapshot.id ?? asked.pointId
  if (pointId === undefined) throw new Error('neither a point nor a wish says what to restore')
  const { snapshot, document } = plan === undefined ? await openPoint(session, pointId, both) : plan.base
  const { target, overwrite, parts, options } = asked
  const connector = means.kind === 'items' ? means.connector : undefined
  const foresight =
    target === undefined || document === undefined
      ? undefined
      : await connector?.foresee?.(
          document,
          {
            target,
            overwrite,
            ...(plan === undefined ? {} : { replay: replayOf(plan) }),
            ...(parts === undefined ? {} : { parts }),
            ...(options === undefined ? {} : { options }),
          },
          session.repository.context,
          both,
        )
  const pointBytes = document?.counts['bytes'] ?? snapshot.summary?.totalBytesProcessed
  return { pointId, pointBytes, document, plan, foresight }
}
