import type { Problem } from '@coffre/api-contract'
import { CoffreError, errorCatalogue } from '@coffre/foundation'
import { isCatalogueFailure } from '../catalogue/catalogue-failure.ts'
import { RequestError } from './request-error.ts'

export interface ProblemContext {
  readonly requestId: string
  readonly log: (line: string) => void
}

/** Any error as RFC 9457 has it. This is the edge that stops it: what the operator must know of is logged here, once. */
export function problemAnswer(error: unknown, context: ProblemContext): Response {
  const problem = reportProblem(error, context)
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: { 'content-type': 'application/problem+json', ...extraHeaders(error, problem) },
  })
}

/** The same for those who send it in another way. */
export function reportProblem(error: unknown, { requestId, log }: ProblemContext): Problem {
  const known = asCoffreError(error, requestId)
  const problem = problemOf(known, requestId)
  if (error !== known) log(`request ${requestId}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  else if (problem.status === 500) log(`request ${requestId}: ${known.code}: ${known.message}`)
  return problem
}

/** The error that the caller may see: what is no CoffreError tells its reason to the log alone. */
export function asCoffreError(error: unknown, requestId: string): CoffreError {
  if (error instanceof CoffreError) return error
  if (!isCatalogueFailure(error))
    return new CoffreError('internal', `the server failed; its log tells more at request ${requestId}`, { cause: error })
  return new CoffreError('catalogue.unavailable', 'the catalogue does not answer at the moment', {
    hint: 'Try again in a moment. The log of the server has the reason.',
    cause: error,
  })
}

function problemOf(error: CoffreError, requestId: string): Problem {
  const { http } = errorCatalogue[error.code]
  return {
    type: `/docs/problems#${error.code}`,
    title: error.code,
    // Some codes mean success elsewhere; whatever ends a request as an error is none.
    status: http < 400 ? 500 : http,
    code: error.code,
    detail: error.message,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    requestId,
    ...(error instanceof RequestError && error.issues !== undefined ? { errors: [...error.issues] } : {}),
  }
}

function extraHeaders(error: unknown, { status }: Problem): Readonly<Record<string, string>> {
  if (error instanceof RequestError) return error.headers
  if (status === 401) return { 'www-authenticate': 'Bearer realm="coffre"' }
  return status === 503 ? { 'retry-after': '2' } : {}
}
