import type { Catalogue } from '../catalogue/database.ts'
import { PlannedRules, selectableSources } from '../plans/planned-rules.ts'

/** What the rules of a source will do. */
export interface SourceRuns {
  /** When the first of them is due; undefined when all are on demand. */
  readonly next: Date | undefined
  /** Whether any rule applies to the source. */
  readonly isPlanned: boolean
}

/** By the source's id, of all sources of a project. */
export async function runsBySource(catalogue: Catalogue, projectId: string): Promise<ReadonlyMap<string, SourceRuns>> {
  const rules = await PlannedRules.load(catalogue, projectId)
  const nextRuns = await nextRunsByRule(catalogue, projectId)
  const sources = await selectableSources(catalogue, projectId)
  return new Map(
    sources.map((source) => {
      const runs = rules.of(source).map(({ ruleId }) => nextRuns.get(ruleId))
      const next = runs.filter((run) => run !== undefined).toSorted((a, b) => a.getTime() - b.getTime())[0]
      return [source.id, { next, isPlanned: runs.length > 0 }]
    }),
  )
}

async function nextRunsByRule(catalogue: Catalogue, projectId: string): Promise<ReadonlyMap<string, Date>> {
  const rows = await catalogue
    .selectFrom('rule')
    .innerJoin('plan', 'plan.id', 'rule.planId')
    .select(['rule.id', 'rule.nextDueAt'])
    .where('plan.projectId', '=', projectId)
    .where('rule.deletionDate', 'is', null)
    .execute()
  return new Map(rows.flatMap(({ id, nextDueAt }) => (nextDueAt === null ? [] : [[id, nextDueAt] as const])))
}
