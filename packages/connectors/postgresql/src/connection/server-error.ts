import { CoffreError, isCoffreError } from '@coffre/foundation'

/** What the server says of an error or a notice, by the letters of its protocol. */
export interface ServerReport {
  /** ERROR, FATAL, WARNING … never translated. */
  readonly severity: string
  /** SQLSTATE. */
  readonly state: string
  readonly message: string
  readonly detail: string | undefined
}

/** An error that the server reported, for those who know what its state means where it happened. */
export class ServerError extends CoffreError {
  override readonly name = 'ServerError'
  readonly report: ServerReport

  constructor(report: ServerReport) {
    const { state, message, detail } = report
    super(codeOf(state), `PostgreSQL says: ${message}${detail === undefined ? '' : ` (${detail})`} [${state}]`, hintOf(state))
    this.report = report
  }
}

/** Reads the content of an ErrorResponse or a NoticeResponse. */
export function parseReport(body: Buffer): ServerReport {
  const fields = new Map<string, string>()
  for (let at = 0; at < body.length && body[at] !== 0; ) {
    const end = body.indexOf(0, at + 1)
    if (end < 0) break
    fields.set(String.fromCharCode(body[at] ?? 0), body.toString('utf8', at + 1, end))
    at = end + 1
  }
  return {
    severity: fields.get('V') ?? fields.get('S') ?? 'ERROR',
    state: fields.get('C') ?? 'XX000',
    message: fields.get('M') ?? 'an error without a message',
    detail: fields.get('D'),
  }
}

/** Whether the server reported one of these states. */
export function hasState(error: unknown, ...states: readonly string[]): error is ServerError {
  return error instanceof ServerError && states.includes(error.report.state)
}

/** Whatever a connection can fail with, as one of ours: `source.unreachable`, `source.credentials`, `source.failed`. */
export function asSourceError(error: unknown, server: string): CoffreError {
  if (isCoffreError(error)) return error
  const { code, message, severity, detail } = error as { code?: unknown; message?: unknown; severity?: unknown; detail?: unknown }
  const text = typeof message === 'string' && message !== '' ? message : String(error)
  if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && typeof severity === 'string')
    return new ServerError({ severity, state: code, message: text, detail: typeof detail === 'string' ? detail : undefined })
  if (/password/i.test(text) && !(error instanceof AggregateError)) {
    return new CoffreError('source.credentials', `PostgreSQL at ${server} wants a password: ${text}`, {
      cause: error,
      hint: 'Give one with --password-file, PGPASSWORD or at the prompt.',
    })
  }
  return new CoffreError('source.unreachable', `PostgreSQL at ${server} cannot be reached: ${describe(error, text)}`, {
    cause: error,
    hint: 'Is it running, does it listen on that address (listen_addresses), and does a firewall let us through?',
  })
}

/** Several addresses of one name fail together, with no message of their own. */
function describe(error: unknown, text: string): string {
  if (!(error instanceof AggregateError)) return text
  return error.errors.map((each) => (each instanceof Error ? each.message : String(each))).join('; ')
}

function codeOf(state: string): 'source.credentials' | 'source.unreachable' | 'source.failed' {
  if (['28000', '28P01', '42501'].includes(state)) return 'source.credentials'
  // Starting up, shutting down, too many connections: another attempt may do.
  return ['57P01', '57P02', '57P03', '53300', '08006'].includes(state) ? 'source.unreachable' : 'source.failed'
}

function hintOf(state: string): { readonly hint?: string } {
  switch (state) {
    case '28P01':
      return { hint: 'The password is wrong, or the role has none.' }
    case '28000':
      return { hint: 'pg_hba.conf has to let this role in from here, for the database and for "replication".' }
    case '42501':
      return { hint: 'The role lacks a right: ALTER ROLE … REPLICATION; GRANT pg_monitor TO …;' }
    case '53300':
      return { hint: 'Raise max_connections or max_wal_senders, or end what holds them.' }
    default:
      return {}
  }
}
