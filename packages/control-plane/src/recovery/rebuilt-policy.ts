import type { Context } from '@coffre/foundation'
import type { Lifecycle, Rule } from '@coffre/policy'
import type { Transaction } from 'kysely'
import type { Database } from '../catalogue/database.ts'
import { nextRunsOf } from '../plans/apply-plan.ts'
import { insertTags } from './insert-tags.ts'
import type { PolicyRecord } from './policy-record.ts'
import type { ReadRecords } from './vault-records.ts'

/** A rule as points are connected with it. */
export interface RebuiltRule {
  readonly id: string
  readonly planId: string
  readonly versionId: string
  readonly timeZone: string
  readonly targetVault: string
  readonly lifecycle: Lifecycle
}

/** What was remade, as points look for it. */
export interface RebuiltPolicy {
  /** Ids of sources, plans, versions and rules. */
  readonly ids: ReadonlySet<string>
  readonly sourceCount: number
  readonly planCount: number
  sourceNamed(projectId: string, name: string): string | undefined
  ruleNamed(projectId: string, plan: string, rule: string): RebuiltRule | undefined
}

/** The newest policy of each project that the vaults tell of. */
export function newestPolicies(records: readonly ReadRecords[]): PolicyRecord[] {
  const newest = new Map<string, PolicyRecord>()
  for (const { policy } of [...records].sort((a, b) => a.policyMs - b.policyMs))
    if (policy !== undefined) newest.set(policy.project.id, policy)
  return [...newest.values()]
}

/** Remakes sources, plans, versions, rules and selections by their ids. */
export async function rebuildPolicy(
  context: Context,
  policies: readonly PolicyRecord[],
  within: Transaction<Database>,
): Promise<RebuiltPolicy> {
  const ids = new Set<string>()
  const sources = new Map<string, string>()
  const rules = new Map<string, RebuiltRule>()
  const now = new Date(context.clock.nowMs())
  for (const { project, ...policy } of policies) {
    for (const source of policy.sources) {
      await insertSource(project.id, source, within)
      ids.add(source.id)
      if (source.deletionDate === null) sources.set(keyOf(project.id, source.name), source.id)
    }
    for (const plan of policy.plans) {
      await insertPlan(project.id, plan, now, within)
      for (const { id } of [plan, ...plan.versions, ...plan.rules]) ids.add(id)
      for (const { id, name, timeZone, definition, deletionDate } of plan.rules) {
        if (deletionDate !== null || plan.deletionDate !== null) continue
        const { targetVault, lifecycle } = definition as unknown as Rule
        const rule = { id, planId: plan.id, versionId: plan.versionId, timeZone, targetVault, lifecycle }
        rules.set(keyOf(project.id, plan.name, name), rule)
      }
    }
  }
  return {
    ids,
    sourceCount: sources.size,
    planCount: policies.flatMap(({ plans }) => plans).filter(({ deletionDate }) => deletionDate === null).length,
    sourceNamed: (projectId, name) => sources.get(keyOf(projectId, name)),
    ruleNamed: (projectId, plan, rule) => rules.get(keyOf(projectId, plan, rule)),
  }
}

function keyOf(...parts: readonly string[]): string {
  return JSON.stringify(parts)
}

async function insertSource(
  projectId: string,
  { hasSecrets, tags, config, ...source }: PolicyRecord['sources'][number],
  within: Transaction<Database>,
): Promise<void> {
  const state = hasSecrets ? 'CREDENTIALS_NEEDED' : 'READY'
  await within
    .insertInto('source')
    .values({ ...source, projectId, config: JSON.stringify(config), state, findings: '[]' })
    .execute()
  await insertTags(within, { projectId, objectKind: 'source', objectId: source.id, tags })
}

async function insertPlan(
  projectId: string,
  { versions, rules, selections, tags, ...plan }: PolicyRecord['plans'][number],
  now: Date,
  within: Transaction<Database>,
): Promise<void> {
  await within
    .insertInto('plan')
    .values({ ...plan, projectId })
    .execute()
  for (const version of versions) {
    const row = { ...version, planId: plan.id, plan: JSON.stringify(version.plan), createdBy: 'system:rebuild' }
    await within.insertInto('planVersion').values(row).execute()
  }
  for (const { definition, ...rule } of rules) {
    const runs = nextRunsOf(definition as unknown as Rule, rule.timeZone, rule.anchorAt, now.getTime(), 1)
    const [dueMs] = rule.deletionDate === null && plan.deletionDate === null ? runs : []
    const nextDueAt = dueMs === undefined ? null : new Date(dueMs)
    // What fell due while there was no server is not made up for.
    const row = { ...rule, planId: plan.id, definition: JSON.stringify(definition), evaluatedThrough: now, nextDueAt }
    await within.insertInto('rule').values(row).execute()
  }
  for (const { document, ...selection } of selections) {
    const row = { ...selection, planId: plan.id, document: JSON.stringify(document) }
    await within.insertInto('selection').values(row).execute()
  }
  await insertTags(within, { projectId, objectKind: 'plan', objectId: plan.id, tags })
}
