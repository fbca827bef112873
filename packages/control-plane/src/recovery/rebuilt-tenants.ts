import type { Context } from '@coffre/foundation'
import type { Transaction } from 'kysely'
import type { Database } from '../catalogue/database.ts'
import { firstTenant } from '../catalogue/first-tenant.ts'
import type { PolicyRecord } from './policy-record.ts'

/** Who everything belongs to. */
export interface Tenants {
  /** What a vault belongs to that does not say so. */
  readonly projectId: string
  orgOf(projectId: string | undefined): string
}

/** Remakes organisations and projects; the first tenant of all where no vault tells of one. */
export async function rebuildTenants(
  context: Context,
  policies: readonly PolicyRecord[],
  within: Transaction<Database>,
): Promise<Tenants> {
  const orgs = new Map<string, string>()
  for (const { org, project } of policies) {
    await within
      .insertInto('org')
      .values(org)
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute()
    const compliancePolicy = project.compliancePolicy === null ? null : JSON.stringify(project.compliancePolicy)
    await within
      .insertInto('project')
      .values({ ...project, compliancePolicy, orgId: org.id })
      .execute()
    orgs.set(project.id, org.id)
  }
  const [first] = policies
  if (first !== undefined) return { projectId: first.project.id, orgOf: (projectId) => orgs.get(projectId ?? '') ?? first.org.id }
  const tenant = await firstTenant(within, context)
  return { projectId: tenant.projectId, orgOf: () => tenant.orgId }
}
