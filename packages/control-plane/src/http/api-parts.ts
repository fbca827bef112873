import type { Context } from '@coffre/foundation'
import type { AuditLog } from '../audit/audit-log.ts'
import type { Catalogue } from '../catalogue/database.ts'
import type { Tenant } from '../catalogue/first-tenant.ts'
import type { Authenticator } from './authenticator.ts'
import type { MetricRegistry } from './metric-registry.ts'
import type { RateLimitSizes } from './rate-limits.ts'

/** What the API is put together from. */
export interface ApiParts {
  readonly context: Context
  readonly catalogue: Catalogue
  readonly audit: AuditLog
  readonly authenticator: Authenticator
  /** Whose the entries of the audit log are that belong to nobody, such as those of refused strangers. */
  readonly tenant: Tenant
  readonly metrics: MetricRegistry
  readonly rateLimits?: RateLimitSizes
  readonly log: (line: string) => void
}
