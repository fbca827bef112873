import type { Operation, Right } from '@coffre/api-contract'

/** Who asks, and in which project: every request is about one. */
export interface Principal {
  /** `user:<id>` or `key:<id>`, as grants and the audit log name it. */
  readonly id: string
  readonly orgId: string
  readonly projectId: string
  /** Those that its roles give it in this project. */
  readonly rights: ReadonlySet<Right>
  /** Of a key: ids of operations, or of groups of them (`points`); everything that its rights allow when absent. */
  readonly scopes?: readonly string[]
}

/** Tells who sends a request, and what they may do. */
export interface Authenticator {
  /**
   * Undefined when the request carries no credentials at all. Throws a CoffreError of `auth.*` for credentials that are wrong,
   * expired, locked or used from an address that is not allowed. Long streams ask again every minute.
   */
  authenticate(headers: Headers, address: string | undefined, signal: AbortSignal): Promise<Principal | undefined>
  /**
   * Throws a CoffreError of `auth.*` unless this principal, whom `authenticate` returned, has the right of the operation and
   * whatever else it takes. Not asked about public operations.
   */
  authorize(principal: Principal, operation: Pick<Operation, 'id' | 'right'>): void
}
