import { bodyProblems, commonProblems, isChanging, type Operation, repeatProblems, signInProblems } from '@coffre/api-contract'
import { type ErrorCode, errorCatalogue } from '@coffre/foundation'

/** The codes that an operation may answer with, by their HTTP status, both in order. */
export function problemsByStatus(operation: Operation): Map<string, string[]> {
  const isRepeatable = isChanging(operation) && operation.right !== 'public'
  const codes = new Set<string>([
    ...commonProblems,
    ...(operation.right === 'public' ? [] : signInProblems),
    ...(operation.body === undefined ? [] : bodyProblems),
    ...(isRepeatable ? repeatProblems : []),
    ...(isRepeatable && operation.answersSecret === true ? ['request.answered'] : []),
    ...operation.problems,
  ])
  return new Map([...Map.groupBy([...codes].sort(), statusOf)].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** `default` for a code that this version's catalogue of errors does not have. */
function statusOf(code: string): string {
  return code in errorCatalogue ? String(errorCatalogue[code as ErrorCode].http) : 'default'
}
