/** How a caller may react to an error: never again as it is, again after a pause, or again after opening the resource anew. */
export type Retry = 'never' | 'backoff' | 'reopen'

interface CatalogueEntry {
  readonly exit: number
  readonly http: number
  readonly retry: Retry
}

/**
 * Every error code, once. Codes are stable: users script against them. Exit codes 1, 3, 10, 11, 12 and 130 mean what they mean
 * in restic; Coffre's own begin at 20.
 */
export const errorCatalogue = {
  'internal': { exit: 1, http: 500, retry: 'never' },
  'interrupted': { exit: 130, http: 499, retry: 'never' },
  'usage.invalid': { exit: 20, http: 400, retry: 'never' },
  'repository.missing': { exit: 10, http: 404, retry: 'never' },
  'repository.locked': { exit: 11, http: 409, retry: 'backoff' },
  'repository.password': { exit: 12, http: 403, retry: 'never' },
  'repository.format-newer': { exit: 21, http: 409, retry: 'never' },
  'repository.format-old': { exit: 22, http: 409, retry: 'never' },
  'repository.exists': { exit: 23, http: 409, retry: 'never' },
  'repository.damaged': { exit: 1, http: 500, retry: 'never' },
  'repository.too-many-keys': { exit: 24, http: 409, retry: 'never' },
  'repository.held': { exit: 25, http: 423, retry: 'never' },
  'repository.lease-lost': { exit: 26, http: 409, retry: 'reopen' },
  'repository.state-broken': { exit: 42, http: 409, retry: 'never' },
  'snapshot.missing': { exit: 27, http: 404, retry: 'never' },
  'snapshot.ambiguous': { exit: 28, http: 409, retry: 'never' },
  'snapshot.path-missing': { exit: 1, http: 404, retry: 'never' },
  'blob.missing': { exit: 1, http: 500, retry: 'never' },
  'source.incomplete': { exit: 3, http: 200, retry: 'never' },
  'source.missing': { exit: 1, http: 404, retry: 'never' },
  'source.failed': { exit: 1, http: 500, retry: 'never' },
  'source.command': { exit: 1, http: 500, retry: 'never' },
  'target.incomplete': { exit: 1, http: 500, retry: 'never' },
  'target.failed': { exit: 29, http: 500, retry: 'never' },
  'storage.missing': { exit: 30, http: 404, retry: 'never' },
  'storage.truncated': { exit: 31, http: 500, retry: 'backoff' },
  'storage.no-space': { exit: 32, http: 507, retry: 'never' },
  'storage.permission': { exit: 33, http: 403, retry: 'never' },
  'storage.credentials': { exit: 34, http: 403, retry: 'never' },
  'storage.bucket-missing': { exit: 35, http: 404, retry: 'never' },
  'storage.clock-skew': { exit: 36, http: 409, retry: 'never' },
  'storage.unavailable': { exit: 37, http: 503, retry: 'backoff' },
  'storage.exists': { exit: 38, http: 409, retry: 'never' },
  'storage.locked': { exit: 39, http: 423, retry: 'never' },
  'storage.unsupported': { exit: 40, http: 409, retry: 'never' },
  'system.unsupported': { exit: 41, http: 501, retry: 'never' },
  'policy.schedule-invalid': { exit: 43, http: 400, retry: 'never' },
  'policy.retention-invalid': { exit: 44, http: 400, retry: 'never' },
  'policy.plan-invalid': { exit: 45, http: 400, retry: 'never' },
  'policy.selection-invalid': { exit: 46, http: 400, retry: 'never' },
  'source.config-invalid': { exit: 47, http: 400, retry: 'never' },
  'source.unreachable': { exit: 48, http: 503, retry: 'backoff' },
  'source.credentials': { exit: 49, http: 403, retry: 'never' },
  'source.position-lost': { exit: 50, http: 409, retry: 'reopen' },
  'target.not-empty': { exit: 51, http: 409, retry: 'never' },
  'catalogue.unavailable': { exit: 52, http: 503, retry: 'backoff' },
  'catalogue.newer': { exit: 53, http: 409, retry: 'never' },
  'secret.master-key': { exit: 54, http: 500, retry: 'never' },
  'secret.unreadable': { exit: 55, http: 409, retry: 'never' },
  'server.running': { exit: 56, http: 409, retry: 'never' },
  'server.port': { exit: 57, http: 409, retry: 'never' },
  'request.no-such-path': { exit: 58, http: 404, retry: 'never' },
  'request.too-large': { exit: 59, http: 413, retry: 'never' },
  'request.invalid': { exit: 60, http: 400, retry: 'never' },
  'request.malformed': { exit: 61, http: 400, retry: 'never' },
  'request.media-type': { exit: 62, http: 415, retry: 'never' },
  'request.method': { exit: 63, http: 405, retry: 'never' },
  'request.rate': { exit: 64, http: 429, retry: 'backoff' },
  'request.repeated': { exit: 65, http: 422, retry: 'never' },
  'request.in-progress': { exit: 66, http: 409, retry: 'backoff' },
  'request.answered': { exit: 67, http: 409, retry: 'never' },
  'auth.required': { exit: 68, http: 401, retry: 'never' },
  'auth.forbidden': { exit: 69, http: 403, retry: 'never' },
  'source.unfit': { exit: 97, http: 409, retry: 'never' },
  'job.ended': { exit: 98, http: 409, retry: 'never' },
  'point.none': { exit: 99, http: 404, retry: 'never' },
  'point.not-restorable': { exit: 100, http: 409, retry: 'never' },
  'point.locked': { exit: 101, http: 409, retry: 'never' },
  'point.held': { exit: 102, http: 409, retry: 'never' },
  'point.last': { exit: 103, http: 409, retry: 'never' },
  'point.busy': { exit: 104, http: 409, retry: 'never' },
  'point.needed': { exit: 123, http: 409, retry: 'never' },
  'job.overdue': { exit: 105, http: 500, retry: 'never' },
  'job.lost': { exit: 106, http: 500, retry: 'never' },
  'server.unreachable': { exit: 107, http: 503, retry: 'backoff' },
  'job.failed': { exit: 108, http: 500, retry: 'never' },
  'job.aborted': { exit: 109, http: 409, retry: 'never' },
  'job.expired': { exit: 110, http: 409, retry: 'never' },
  'status.alarm': { exit: 111, http: 200, retry: 'never' },
  'audit.broken': { exit: 115, http: 500, retry: 'never' },
  'catalogue.not-empty': { exit: 116, http: 409, retry: 'never' },
  'journal.gap': { exit: 117, http: 409, retry: 'never' },
  'journal.fork': { exit: 118, http: 409, retry: 'never' },
  'journal.damaged': { exit: 119, http: 409, retry: 'never' },
  'journal.outside-window': { exit: 120, http: 409, retry: 'never' },
  'engine.missing': { exit: 121, http: 409, retry: 'never' },
  'engine.failed': { exit: 122, http: 500, retry: 'never' },
  'job.partial': { exit: 3, http: 200, retry: 'never' },
  'object.exists': { exit: 80, http: 409, retry: 'never' },
  'object.missing': { exit: 81, http: 404, retry: 'never' },
  'object.in-use': { exit: 82, http: 409, retry: 'never' },
  'auth.failed': { exit: 83, http: 401, retry: 'never' },
  'auth.expired': { exit: 84, http: 401, retry: 'never' },
  'auth.locked': { exit: 85, http: 429, retry: 'backoff' },
  'auth.second-factor': { exit: 86, http: 403, retry: 'never' },
  'auth.address': { exit: 87, http: 403, retry: 'never' },
  'auth.password-refused': { exit: 88, http: 400, retry: 'never' },
  'role.conflict': { exit: 89, http: 409, retry: 'never' },
  'role.self': { exit: 90, http: 403, retry: 'never' },
  'role.last-officer': { exit: 91, http: 409, retry: 'never' },
  'approval.own': { exit: 92, http: 403, retry: 'never' },
  'approval.closed': { exit: 93, http: 409, retry: 'never' },
  'approval.expired': { exit: 94, http: 409, retry: 'never' },
  'approval.incomplete': { exit: 95, http: 403, retry: 'never' },
  'approval.mismatch': { exit: 96, http: 409, retry: 'never' },
  'approval.needed': { exit: 112, http: 403, retry: 'never' },
  'hold.lifted': { exit: 113, http: 409, retry: 'never' },
  'vault.lock-final': { exit: 114, http: 423, retry: 'never' },
} as const satisfies Record<string, CatalogueEntry>

export type ErrorCode = keyof typeof errorCatalogue

export interface CoffreErrorOptions extends ErrorOptions {
  /** What the operator can do next: one or more sentences. */
  readonly hint?: string
}

/** The base of every error that Coffre raises. Messages are lower case, carry the values that matter, and never a secret. */
export class CoffreError extends Error {
  override readonly name: string = 'CoffreError'
  readonly code: ErrorCode
  readonly hint: string | undefined

  constructor(code: ErrorCode, message: string, options: CoffreErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.hint = options.hint
  }

  get exitCode(): number {
    return errorCatalogue[this.code].exit
  }

  get retry(): Retry {
    return errorCatalogue[this.code].retry
  }
}

/** Whether `error` is Coffre's with one of `codes`, or with any code when none is given. */
export function isCoffreError(error: unknown, ...codes: readonly ErrorCode[]): error is CoffreError {
  return error instanceof CoffreError && (codes.length === 0 || codes.includes(error.code))
}

/** The reason that an aborted signal carries, as the error that the caller should see. */
export function interruption(signal: AbortSignal): CoffreError {
  const reason: unknown = signal.reason
  if (reason instanceof CoffreError) return reason
  return new CoffreError('interrupted', 'the operation was cancelled', { cause: reason })
}

/** Throws `interrupted` (or the CoffreError given to `abort`) once the signal is aborted. */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw interruption(signal)
}
