import { CoffreError, type ErrorCode } from '@coffre/foundation'

/** Something about a document that its author should know. An error keeps it from being used. */
export interface PolicyFinding {
  readonly severity: 'error' | 'warning'
  /** Where in the document, as a JSON pointer (RFC 6901). */
  readonly at: string
  readonly message: string
  readonly hint?: string
}

type PolicyErrorCode = Extract<ErrorCode, `policy.${string}`>

/** Policy that cannot be used. The message lists every error; `findings` has the warnings too. */
export class PolicyInvalidError extends CoffreError {
  override readonly name = 'PolicyInvalidError'
  readonly findings: readonly PolicyFinding[]

  constructor(code: PolicyErrorCode, what: string, findings: readonly PolicyFinding[]) {
    const errors = findings.filter(({ severity }) => severity === 'error')
    const hints = new Set(errors.flatMap(({ hint }) => hint ?? []))
    super(code, `${what}: ${errors.map(formatFinding).join('; ')}`, hints.size === 0 ? {} : { hint: [...hints].join(' ') })
    this.findings = findings
  }
}

/** Throws PolicyInvalidError when one of the findings is an error. */
export function refuseErrors(code: PolicyErrorCode, what: string, findings: readonly PolicyFinding[]): void {
  if (findings.some(({ severity }) => severity === 'error')) throw new PolicyInvalidError(code, what, findings)
}

/** The finding that an error of Coffre's amounts to, at `at`; other errors are thrown on. */
export function findingOf(error: unknown, at: string): PolicyFinding {
  if (!(error instanceof CoffreError)) throw error
  return { severity: 'error', at, message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) }
}

function formatFinding({ at, message }: PolicyFinding): string {
  return at === '' ? message : `${at}: ${message}`
}
