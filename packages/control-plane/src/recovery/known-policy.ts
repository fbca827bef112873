import type { Rule } from '@coffre/policy'
import type { Transaction } from 'kysely'
import type { Database } from '../catalogue/database.ts'
import type { RebuiltPolicy, RebuiltRule } from './rebuilt-policy.ts'

/** The policy of a catalogue that is there, as points look for it. */
export async function knownPolicy(within: Transaction<Database>): Promise<RebuiltPolicy> {
  const sources = await within.selectFrom('source').select(['id', 'projectId', 'name', 'deletionDate']).execute()
  const plans = await within.selectFrom('plan').select(['id', 'projectId', 'name', 'versionId', 'deletionDate']).execute()
  const versions = await within.selectFrom('planVersion').select('id').execute()
  const rules = await within.selectFrom('rule').select(['id', 'planId', 'name', 'timeZone', 'definition', 'deletionDate']).execute()
  const live = plans.filter(({ deletionDate }) => deletionDate === null)
  return {
    ids: new Set([...sources, ...plans, ...versions, ...rules].map(({ id }) => id)),
    sourceCount: sources.filter(({ deletionDate }) => deletionDate === null).length,
    planCount: live.length,
    sourceNamed: (projectId, name) =>
      sources.find((source) => source.projectId === projectId && source.name === name && source.deletionDate === null)?.id,
    ruleNamed: (projectId, planName, ruleName): RebuiltRule | undefined => {
      const plan = live.find((candidate) => candidate.projectId === projectId && candidate.name === planName)
      const rule = rules.find(({ planId, name, deletionDate }) => planId === plan?.id && name === ruleName && deletionDate === null)
      if (plan === undefined || rule === undefined) return undefined
      const { targetVault, lifecycle } = rule.definition as unknown as Rule
      return { id: rule.id, planId: plan.id, versionId: plan.versionId, timeZone: rule.timeZone, targetVault, lifecycle }
    },
  }
}
