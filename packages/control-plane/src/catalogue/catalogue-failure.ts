/**
 * Whether an error says that PostgreSQL cannot be asked just now: it is down, starts or stops, has no connection left, or lets
 * this transaction give way to another one. SQLSTATE codes: PostgreSQL, appendix A.
 */
export function isCatalogueFailure(error: unknown): error is Error {
  if (!(error instanceof Error)) return false
  const { code, syscall } = error as NodeJS.ErrnoException
  if (code === undefined) return driverMessages.some((message) => error.message.startsWith(message))
  if (/^(08...|57P0[1-5]|53[0-9]..|40001|40P01)$/.test(code)) return true
  return connectionCodes.has(code) && (syscall === undefined || connectionCalls.has(syscall))
}

const connectionCodes = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOENT', 'EHOSTUNREACH', 'ENOTFOUND'])
/** A file that is missing has ENOENT too. */
const connectionCalls = new Set(['connect', 'read', 'write', 'getaddrinfo'])

/** What the driver says without a code. */
const driverMessages = [
  'Connection terminated',
  'timeout exceeded when trying to connect',
  'Client has encountered a connection error',
  'Client was closed and is not queryable',
  'Query read timeout',
  // While the server stops.
  'driver has already been destroyed',
  'Cannot use a pool after calling end on the pool',
]
