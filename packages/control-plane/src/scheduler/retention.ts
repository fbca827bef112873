import { planRetention, type Verdict } from '@coffre/policy'
import type { Transaction } from 'kysely'
import type { Database } from '../catalogue/database.ts'
import { Holds } from '../holds/holds.ts'
import { PlannedRules } from '../plans/planned-rules.ts'
import { type RemovalParts, removePoints } from '../points/remove-points.ts'
import { loadRetentionPoints } from '../points/retention-points.ts'
import { LogWindows } from '../streams/log-windows.ts'

/** Lets go of every point that is due and that nothing protects, and notes when the others will be. Resolves to how many go. */
export async function applyRetention(parts: RemovalParts, signal: AbortSignal): Promise<number> {
  const sources = await parts.catalogue
    .selectFrom('source')
    .select(['id', 'projectId', 'deletionDate'])
    .where(({ exists, selectFrom }) =>
      exists(selectFrom('point').whereRef('point.sourceId', '=', 'source.id').where('point.deletionDate', 'is', null)),
    )
    .execute()
  const policies = new Map<string, ProjectPolicy>()
  let gone = 0
  for (const source of sources) {
    signal.throwIfAborted()
    const own = policies.get(source.projectId) ?? (await loadPolicy(parts, source.projectId))
    policies.set(source.projectId, own)
    gone += await parts.catalogue.transaction().execute((transaction) => retain(parts, source, own, transaction))
  }
  return gone
}

interface ProjectPolicy {
  readonly rules: PlannedRules
  readonly windows: LogWindows
}

async function loadPolicy({ catalogue }: RemovalParts, projectId: string): Promise<ProjectPolicy> {
  const rules = await PlannedRules.load(catalogue, projectId)
  return { rules, windows: await LogWindows.load(catalogue, projectId, rules) }
}

interface RetainedSource {
  readonly id: string
  readonly projectId: string
  readonly deletionDate: Date | null
}

async function retain(
  parts: RemovalParts,
  source: RetainedSource,
  { rules, windows }: ProjectPolicy,
  transaction: Transaction<Database>,
): Promise<number> {
  await new Holds(parts.context).waitForNew(source.projectId, transaction)
  // Deletions by hand and other servers wait for this transaction, or it for them.
  const rows = await transaction
    .selectFrom('point')
    .selectAll()
    .where('sourceId', '=', source.id)
    .where('deletionDate', 'is', null)
    .orderBy('id')
    .forUpdate()
    .execute()
  const nowMs = parts.context.clock.nowMs()
  const points = await loadRetentionPoints(transaction, source.id, { windows, nowMs })
  const verdicts = planRetention(points, {
    nowMs,
    timeZone: points.at(-1)?.timeZone ?? 'UTC',
    isSourceProtected: () => source.deletionDate === null,
    presentRule: (ruleId) => {
      const planned = rules.get(ruleId)
      return planned && { timeZone: planned.timeZone, lifecycle: planned.rule.lifecycle }
    },
  })
  for (const { id, deleteAt } of rows) {
    const wanted = deletionOf(verdicts.get(id))
    if (wanted !== undefined && wanted?.getTime() !== deleteAt?.getTime())
      await transaction.updateTable('point').set({ deleteAt: wanted }).where('id', '=', id).execute()
  }
  const going = rows.filter(({ id }) => verdicts.get(id)?.kind === 'expire')
  await removePoints(parts, going, 'system:retention', transaction)
  return going.length
}

/** When the point goes, as far as that is known today: null when no date is; undefined when nothing is to be noted. */
function deletionOf(verdict: Verdict | undefined): Date | null | undefined {
  switch (verdict?.kind) {
    case 'keep':
      return null
    case 'expires':
      return new Date(verdict.atMs)
    default:
      return undefined
  }
}
