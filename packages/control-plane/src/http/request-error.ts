import type { InputIssue } from '@coffre/api-contract'
import { CoffreError, type CoffreErrorOptions, type ErrorCode } from '@coffre/foundation'

export interface RequestErrorOptions extends CoffreErrorOptions {
  readonly issues?: readonly InputIssue[]
  /** Of the answer, such as Retry-After or Allow. */
  readonly headers?: Readonly<Record<string, string>>
}

/** A request that is refused as it is: with what is wrong in each part of it, and what the answer's headers have to say. */
export class RequestError extends CoffreError {
  override readonly name = 'RequestError'
  readonly issues: readonly InputIssue[] | undefined
  readonly headers: Readonly<Record<string, string>>

  constructor(code: ErrorCode, message: string, { issues, headers = {}, ...options }: RequestErrorOptions = {}) {
    super(code, message, options)
    this.issues = issues
    this.headers = headers
  }
}

/** `request.invalid` with what is wrong, each by a JSON pointer into the request. */
export function invalidRequest(issues: readonly InputIssue[]): RequestError {
  const [first] = issues
  const more = issues.length > 1 ? `, and ${issues.length - 1} more` : ''
  return new RequestError('request.invalid', `${first?.at ?? ''}: ${first?.message ?? 'is wrong'}${more}`, {
    issues,
    hint: '`errors` names every part that is wrong; /docs shows what the operation takes.',
  })
}
