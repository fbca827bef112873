import type { AuditEntryView } from '@coffre/api-contract'
import type { Selectable } from 'kysely'
import type { Catalogue } from '../catalogue/database.ts'
import type { AuditEntryTable } from '../catalogue/tables/people-tables.ts'

/** Whose entries are looked at: those of an organisation, or of one of its projects. */
export interface AuditScope {
  readonly orgId: string
  readonly projectId?: string
}

export interface AuditFilter {
  readonly principal?: string | undefined
  /** An id, or a group of them such as `vaults.*`. */
  readonly operation?: string | undefined
  readonly target?: string | undefined
  readonly outcome?: AuditEntryView['outcome'] | undefined
  readonly since?: string | undefined
  readonly before?: string | undefined
}

export interface AuditRange {
  /** The one that the range comes after, in its own direction. */
  readonly after: number | undefined
  readonly limit: number
  readonly order: 'oldest-first' | 'newest-first'
}

/** Entries of the audit log as the API shows them. */
export async function listAudit(
  catalogue: Catalogue,
  scope: AuditScope,
  filter: AuditFilter,
  { after, limit, order }: AuditRange,
): Promise<AuditEntryView[]> {
  const isForward = order === 'oldest-first'
  let query = catalogue.selectFrom('auditEntry').selectAll().where('orgId', '=', scope.orgId)
  if (scope.projectId !== undefined) query = query.where('projectId', '=', scope.projectId)
  if (after !== undefined) query = query.where('number', isForward ? '>' : '<', after)
  const { principal, operation, target, outcome, since, before } = filter
  if (principal !== undefined) query = query.where('principal', '=', principal)
  if (operation !== undefined) {
    const isGroup = operation.endsWith('.*')
    query = isGroup ? query.where('operation', 'like', groupPattern(operation)) : query.where('operation', '=', operation)
  }
  if (target !== undefined) query = query.where('target', '=', target)
  if (outcome !== undefined) query = query.where('outcome', '=', outcome)
  if (since !== undefined) query = query.where('at', '>=', new Date(since))
  if (before !== undefined) query = query.where('at', '<', new Date(before))
  const rows = await query
    .orderBy('number', isForward ? 'asc' : 'desc')
    .limit(limit)
    .execute()
  return rows.map(viewOf)
}

function groupPattern(group: string): string {
  return `${group.slice(0, -1).replace(/[\\%_]/g, '\\$&')}%`
}

function viewOf({ at, detail, previousHash, hash, ...rest }: Selectable<AuditEntryTable>): AuditEntryView {
  return {
    ...rest,
    at: at.toISOString(),
    detail: detail as Record<string, unknown>,
    previousHash: previousHash.toString('hex'),
    hash: hash.toString('hex'),
  }
}
