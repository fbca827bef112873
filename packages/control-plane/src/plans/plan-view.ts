import type { PlanView } from '@coffre/api-contract'
import type { Context } from '@coffre/foundation'
import type { Rule } from '@coffre/policy'
import { byIdOrName } from '../catalogue/by-id-or-name.ts'
import type { Catalogue } from '../catalogue/database.ts'
import { nextRunsOf } from './apply-plan.ts'

const runsShown = 10

/** Plans of a project by name; `after` is the name that the page before ended with. */
export async function listPlans(
  catalogue: Catalogue,
  context: Context,
  projectId: string,
  page: { readonly after?: string; readonly limit: number },
): Promise<PlanView[]> {
  let query = plans(catalogue, projectId)
  if (page.after !== undefined) query = query.where('plan.name', '>', page.after)
  return viewsOf(catalogue, context, await query.orderBy('plan.name').limit(page.limit).execute())
}

/** By id or by name; undefined when the project has no such plan. */
export async function findPlan(
  catalogue: Catalogue,
  context: Context,
  projectId: string,
  idOrName: string,
): Promise<PlanView | undefined> {
  const rows = await plans(catalogue, projectId).where(byIdOrName('plan', idOrName)).limit(1).execute()
  return (await viewsOf(catalogue, context, rows))[0]
}

function plans(catalogue: Catalogue, projectId: string) {
  return catalogue
    .selectFrom('plan')
    .innerJoin('planVersion', 'planVersion.id', 'plan.versionId')
    .select([
      'plan.id',
      'plan.name',
      'plan.versionId',
      'plan.createdAt',
      'planVersion.number',
      'planVersion.document',
      'planVersion.plan',
    ])
    .where('plan.projectId', '=', projectId)
    .where('plan.deletionDate', 'is', null)
}

type PlanRow = Awaited<ReturnType<ReturnType<typeof plans>['executeTakeFirstOrThrow']>>

async function viewsOf(catalogue: Catalogue, context: Context, rows: readonly PlanRow[]): Promise<PlanView[]> {
  if (rows.length === 0) return []
  const ids = rows.map(({ id }) => id)
  const rules = await catalogue
    .selectFrom('rule')
    .select(['id', 'planId', 'name', 'definition', 'timeZone', 'anchorAt'])
    .where('planId', 'in', ids)
    .where('deletionDate', 'is', null)
    .execute()
  const selections = await catalogue
    .selectFrom('selection')
    .select(['planId', 'name'])
    .where('planId', 'in', ids)
    .where('deletionDate', 'is', null)
    .orderBy('name')
    .execute()
  const nowMs = context.clock.nowMs()
  return rows.map((row) => {
    const { timeZone, rules: order } = row.plan as { readonly timeZone: string; readonly rules: readonly Rule[] }
    const own = rules.filter(({ planId }) => planId === row.id)
    return {
      id: row.id,
      name: row.name,
      version: row.number,
      versionId: row.versionId,
      timeZone,
      rules: order.flatMap((rule) => {
        const stored = own.find(({ name }) => name === rule.name)
        if (stored === undefined) return []
        const runs = nextRunsOf(stored.definition as Rule, stored.timeZone, stored.anchorAt, nowMs, runsShown)
        return [
          {
            id: stored.id,
            name: rule.name,
            schedule: rule.schedule?.text ?? null,
            timeZone: stored.timeZone,
            targetVault: rule.targetVault,
            nextRuns: runs.map((ms) => new Date(ms).toISOString()),
          },
        ]
      }),
      selections: selections.filter(({ planId }) => planId === row.id).map(({ name }) => name),
      document: parsed(row.document),
      createdAt: row.createdAt.toISOString(),
    }
  })
}

/** Documents are kept byte for byte; each was JSON when it came. */
function parsed(document: string): unknown {
  return JSON.parse(document)
}
