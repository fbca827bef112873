import { AssertionError } from 'node:assert'
import { CoffreError, type ErrorCode } from '@coffre/foundation'

interface Meaning {
  readonly code: ErrorCode
  readonly words: string
  readonly hint: string
}

const credentials = (words: string): Meaning => ({
  code: 'storage.credentials',
  words,
  hint: 'Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN and the profile.',
})
const missing: Meaning = {
  code: 'storage.missing',
  words: 'no such object',
  hint: 'Was it removed by another program, or is the location the wrong one?',
}
const unavailable: Meaning = {
  code: 'storage.unavailable',
  words: 'the store cannot be reached',
  hint: 'Check the endpoint and the network, then try again.',
}
const truncated: Meaning = {
  code: 'storage.truncated',
  words: 'the object ends too early',
  hint: 'Run a check of the repository; the storage may have lost the end of this file.',
}
const wrongRegion: Meaning = {
  code: 'usage.invalid',
  words: 'the bucket is in another region',
  hint: 'Give the region of the bucket, for example as AWS_REGION.',
}

/** S3's own error codes (API reference, section "Error responses"), and the names that the SDK gives where an answer has no body. */
const meanings: Readonly<Record<string, Meaning>> = {
  InvalidAccessKeyId: credentials('the access key is not known to the store'),
  SignatureDoesNotMatch: credentials('the secret key does not fit the access key'),
  ExpiredToken: credentials('the session has expired'),
  InvalidToken: credentials('the session token is not valid'),
  TokenRefreshRequired: credentials('the session has expired'),
  CredentialsProviderError: credentials('no credentials were found'),
  // versitygw's own.
  XAdminUserNotFound: credentials('the access key is not known to the store'),
  AccountProblem: credentials('the account is blocked'),
  NoSuchBucket: {
    code: 'storage.bucket-missing',
    words: 'the bucket does not exist',
    hint: 'Make the bucket first, or correct its name.',
  },
  RequestTimeTooSkewed: {
    code: 'storage.clock-skew',
    words: "this host's clock and the store's differ too much",
    hint: 'Set the clock of this host, for example with NTP.',
  },
  AccessDenied: {
    code: 'storage.permission',
    words: 'access denied',
    hint: 'Check the policy of these credentials and of the bucket.',
  },
  AllAccessDisabled: { code: 'storage.permission', words: 'access is disabled', hint: 'Ask the owner of the bucket.' },
  InvalidObjectState: {
    code: 'storage.permission',
    words: 'the object is archived',
    hint: 'Restore it from the archive tier first.',
  },
  ObjectLocked: {
    code: 'storage.locked',
    words: 'the object is locked',
    hint: 'It can be removed when its retention has ended and no hold is on it.',
  },
  NoSuchKey: missing,
  NoSuchVersion: missing,
  NotFound: missing,
  MethodNotAllowed: { ...missing, words: 'this version is a delete marker' },
  InvalidRange: truncated,
  PreconditionFailed: { code: 'storage.exists', words: 'the object exists already', hint: 'Use another location or name.' },
  QuotaExceeded: {
    code: 'storage.no-space',
    words: 'the quota is used up',
    hint: 'Raise the quota, or forget and prune snapshots.',
  },
  XMinioStorageFull: {
    code: 'storage.no-space',
    words: 'the store is full',
    hint: 'Free some space, or forget and prune snapshots.',
  },
  PermanentRedirect: wrongRegion,
  AuthorizationHeaderMalformed: wrongRegion,
  NotImplemented: {
    code: 'storage.unsupported',
    words: 'the store does not offer this',
    hint: 'Is it S3 compatible in this respect?',
  },
  InvalidBucketState: {
    code: 'storage.unsupported',
    words: 'the bucket has no object lock',
    hint: 'Object lock must be switched on when a bucket is made.',
  },
  BadDigest: { ...unavailable, words: 'the bytes changed on their way, or do not hash to the name of the file' },
  XAmzContentSHA256Mismatch: { ...unavailable, words: 'the bytes changed on their way, or do not hash to the name of the file' },
  ConditionalRequestConflict: { ...unavailable, words: 'another writer is storing the same object' },
  OperationAborted: { ...unavailable, words: 'another operation on the same resource is under way' },
  RequestTimeout: unavailable,
  SlowDown: { ...unavailable, words: 'the store asks to slow down' },
}

const certificate: Meaning = {
  code: 'storage.unavailable',
  words: 'the certificate of the store is not trusted',
  hint: 'Give the certificate of its authority as a file, or check the host name.',
}

/** The S3 code, the SDK's name or the socket's errno of a failure. */
export function s3ErrorName(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  if ('code' in error && typeof error.code === 'string') return error.code
  return error.name
}

/** What a failed request means to a caller of the backend. Bugs are given back as they are: they must not be tried again. */
export function s3Error(error: unknown, doing: string): unknown {
  const isBug = [AssertionError, TypeError, RangeError, ReferenceError].some((kind) => error instanceof kind)
  if (isBug || error instanceof CoffreError) return error
  const name = s3ErrorName(error)
  const status = httpStatus(error)
  const { code, words, hint } =
    meanings[name] ?? byStatus(status) ?? (/CERT|SELF_SIGNED|UNABLE_TO_/.test(name) ? certificate : unavailable)
  const shown = status === undefined ? name : `${name}, HTTP ${status}`
  return new CoffreError(code, `cannot ${doing}: ${words} (${shown})`, { hint, cause: error })
}

function httpStatus(error: unknown): number | undefined {
  const metadata = error instanceof Error && '$metadata' in error ? error.$metadata : undefined
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined
}

function byStatus(status: number | undefined): Meaning | undefined {
  if (status === 401 || status === 403) return meanings['AccessDenied']
  if (status === 404) return missing
  if (status === 412) return meanings['PreconditionFailed']
  if (status === 416) return truncated
  if (status === 501) return meanings['NotImplemented']
  if (status === 507) return meanings['XMinioStorageFull']
  if (status === undefined || status >= 500 || status === 408 || status === 429) return undefined
  return status >= 300
    ? {
        code: 'storage.unsupported',
        words: 'the store refuses the request',
        hint: 'Is the endpoint an S3 service, and the bucket in this region?',
      }
    : undefined
}
