import { sql } from 'kysely'
import type { Catalogue } from '../catalogue/database.ts'
import type { PolicyRecord } from './policy-record.ts'
import { tagsByObject } from './tags-by-object.ts'

/** The policy of a project as it is now, everything in a fixed order: what is equal is written equally. */
export async function collectPolicy(catalogue: Catalogue, projectId: string): Promise<PolicyRecord> {
  const { orgId, ...project } = await catalogue
    .selectFrom('project')
    .select(['id', 'hexId', 'orgId', 'name', 'accountLabel', 'regionLabel', 'compliancePolicy', 'createdAt'])
    .where('id', '=', projectId)
    .executeTakeFirstOrThrow()
  const org = await catalogue
    .selectFrom('org')
    .select(['id', 'hexId', 'name', 'createdAt'])
    .where('id', '=', orgId)
    .executeTakeFirstOrThrow()
  return {
    org,
    project: project as PolicyRecord['project'],
    vaults: await vaultsOf(catalogue, projectId),
    sources: await sourcesOf(catalogue, projectId),
    plans: await plansOf(catalogue, projectId),
    holds: await holdsOf(catalogue, projectId),
  }
}

async function vaultsOf(catalogue: Catalogue, projectId: string): Promise<PolicyRecord['vaults']> {
  const rows = await catalogue
    .selectFrom('vault')
    .select(['id', 'name', 'accountLabel', 'regionLabel', 'createdAt', 'kind', 'repositoryId', 'classification'])
    .select(['encryptionKeyLabel', 'creatorRequestId', 'accessPolicy', 'notificationTopic', 'notificationEvents'])
    .select(['lockMode', 'minRetentionDays', 'maxRetentionDays', 'changeableForDays', 'lockDate'])
    .where('projectId', '=', projectId)
    .where('deletionDate', 'is', null)
    .where('state', '<>', 'CREATING')
    .orderBy('id')
    .execute()
  const tags = await tagsByObject(catalogue, projectId, 'vault')
  return rows.map((row) => ({ ...row, tags: tags(row.id) }))
}

/** Those that are deleted too, as long as they have points. */
async function sourcesOf(catalogue: Catalogue, projectId: string): Promise<PolicyRecord['sources']> {
  const rows = await catalogue
    .selectFrom('source')
    .select(['id', 'name', 'accountLabel', 'regionLabel', 'createdAt', 'hexId', 'zoneHexId', 'replicationSpecHexId'])
    .select(['engine', 'identity', 'resourceArn', 'config', 'secretId', 'tier', 'environment', 'deletionDate'])
    .where('projectId', '=', projectId)
    .where(({ or, eb, exists, selectFrom }) =>
      or([
        eb('deletionDate', 'is', null),
        exists(selectFrom('point').whereRef('point.sourceId', '=', 'source.id').where('point.deletionDate', 'is', null)),
      ]),
    )
    .orderBy('id')
    .execute()
  const tags = await tagsByObject(catalogue, projectId, 'source')
  return rows.map(({ secretId, config, ...row }) => ({
    ...row,
    config: config as Record<string, unknown>,
    hasSecrets: secretId !== null,
    tags: tags(row.id),
  }))
}

/** Those that are deleted too, as long as points name them. */
async function plansOf(catalogue: Catalogue, projectId: string): Promise<PolicyRecord['plans']> {
  const plans = await catalogue
    .selectFrom('plan')
    .select(['id', 'name', 'accountLabel', 'regionLabel', 'createdAt', 'hexId', 'creatorRequestId', 'versionId', 'deletionDate'])
    .where('projectId', '=', projectId)
    .where(({ or, eb, exists, selectFrom }) =>
      or([
        eb('deletionDate', 'is', null),
        exists(selectFrom('point').whereRef('point.planId', '=', 'plan.id').where('point.deletionDate', 'is', null)),
      ]),
    )
    .orderBy('id')
    .execute()
  const ofPlans = catalogue.selectFrom('plan').select('id').where('projectId', '=', projectId)
  const versions = await catalogue
    .selectFrom('planVersion')
    .select(['id', 'planId', 'number', 'document', 'plan', 'createdAt'])
    .where('planId', 'in', ofPlans)
    .orderBy('number')
    .execute()
  const rules = await catalogue
    .selectFrom('rule')
    .select(['id', 'planId', 'hexId', 'name', 'definition', 'timeZone', 'anchorAt', 'deletionDate'])
    .where('planId', 'in', ofPlans)
    .orderBy('id')
    .execute()
  const selections = await catalogue
    .selectFrom('selection')
    .select(['id', 'planId', 'hexId', 'name', 'document', 'roleArn', 'creatorRequestId', 'createdAt'])
    .where('planId', 'in', ofPlans)
    .where('deletionDate', 'is', null)
    .orderBy('id')
    .execute()
  const tags = await tagsByObject(catalogue, projectId, 'plan')
  const own = <Row extends { readonly planId: string }>(rows: readonly Row[]) => {
    const byPlan = Map.groupBy(rows, ({ planId }) => planId)
    return (id: string) => (byPlan.get(id) ?? []).map(({ planId: _planId, ...row }) => row)
  }
  const [versionsOf, rulesOf, selectionsOf] = [own(versions), own(rules), own(selections)]
  return plans.map((plan) => ({
    ...plan,
    tags: tags(plan.id),
    versions: versionsOf(plan.id),
    rules: rulesOf(plan.id),
    selections: selectionsOf(plan.id),
  })) as PolicyRecord['plans']
}

async function holdsOf(catalogue: Catalogue, projectId: string): Promise<PolicyRecord['holds']> {
  const rows = await catalogue
    .selectFrom('hold')
    .select(['id', 'recordName', 'title', 'description', 'state', 'query', 'createdAt', 'cancelledAt'])
    .select(sql<boolean>`not exists (select from hold_point where hold_id = hold.id)`.as('isEmpty'))
    .where('projectId', '=', projectId)
    .where('state', '<>', 'CANCELED')
    .orderBy('id')
    .execute()
  const tags = await tagsByObject(catalogue, projectId, 'hold')
  return rows.map(({ query, ...row }) => ({ ...row, query: query as Record<string, unknown>, tags: tags(row.id) }))
}
