import { CoffreError, type ErrorCode, errorCatalogue } from '@coffre/foundation'

/** What a server tells of an error: of a request, or of a job. */
export interface ServerProblem {
  readonly code: string
  readonly detail: string
  readonly hint?: string | undefined
  readonly errors?: readonly { readonly at: string; readonly message: string }[] | undefined
}

/** An error that a server told. Its code is kept even where this program is older, and does not know it. */
export class ServerError extends CoffreError {
  override readonly name = 'ServerError'
  readonly serverCode: string

  constructor({ code, detail, hint, errors = [] }: ServerProblem) {
    // The first part that is wrong is in the sentence already, and the hint speaks to programs.
    const others = errors.slice(1).map(({ at, message }) => `\n  ${at}: ${message}`)
    const isForPeople = hint !== undefined && code !== 'request.invalid'
    super(isKnown(code) ? code : 'internal', detail + others.join(''), isForPeople ? { hint } : {})
    this.serverCode = code
  }
}

function isKnown(code: string): code is ErrorCode {
  return Object.hasOwn(errorCatalogue, code)
}
