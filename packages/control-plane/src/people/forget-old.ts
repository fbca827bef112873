import type { Context } from '@coffre/foundation'
import type { AuditLog } from '../audit/audit-log.ts'
import type { Catalogue } from '../catalogue/database.ts'
import { IdempotencyRecords } from '../http/idempotency-records.ts'
import type { People } from './people.ts'

export interface ForgetOldParts {
  readonly catalogue: Catalogue
  readonly people: Pick<People, 'sessions' | 'guard' | 'approvals'>
  readonly audit: AuditLog
  readonly context: Context
}

/**
 * The daily housekeeping of people: forgets sessions, failed sign-ins and repeated requests of long ago, and closes requests for
 * approval that are too old, each with an entry in the audit log. Several servers may do it at once; interrupted, it goes on the next
 * time.
 */
export async function forgetOld({ catalogue, people, audit, context }: ForgetOldParts, signal: AbortSignal): Promise<void> {
  const steps = [
    () => people.sessions.forgetOld(),
    () => people.guard.forgetOld(),
    () => new IdempotencyRecords(catalogue, context).forgetOld(),
    () => expireApprovals({ catalogue, people, audit }),
  ]
  for (const step of steps) {
    signal.throwIfAborted()
    await step()
  }
}

async function expireApprovals({ catalogue, people, audit }: Omit<ForgetOldParts, 'context'>): Promise<void> {
  await catalogue.transaction().execute(async (within) => {
    const expired = await people.approvals.expireOld(within)
    if (expired.length === 0) return
    const projectIds = expired.map(({ projectId }) => projectId)
    const projects = await within.selectFrom('project').select(['id', 'orgId']).where('id', 'in', projectIds).execute()
    const orgOf = new Map(projects.map(({ id, orgId }) => [id, orgId]))
    for (const { id, projectId } of expired) {
      const entry = { ...bySystem, orgId: orgOf.get(projectId) ?? '', projectId, target: `approval:${id}` }
      await audit.append(entry, within)
    }
  })
}

const bySystem = {
  principal: 'system',
  operation: 'approvals.expire',
  outcome: 'ALLOWED',
  code: null,
  detail: {},
  address: null,
  requestId: null,
} as const
