import type { Context } from '@coffre/foundation'
import type { Backend } from './backend.ts'
import { LimitBackend } from './decorator/limit-backend.ts'
import { defaultRetryPolicy, type RetryPolicy } from './decorator/retry.ts'
import { RetryBackend } from './decorator/retry-backend.ts'
import { LocalBackend } from './local/local-backend.ts'
import type { Location } from './location.ts'
import { RateLimiter } from './rate-limiter.ts'
import { openS3Backend } from './s3/open-s3-backend.ts'
import type { S3Options } from './s3/s3-options.ts'

export interface OpenOptions {
  /** What an S3 location needs besides itself; asked for only then. */
  readonly s3: () => Omit<S3Options, 'location' | 'uploadLimiter' | 'downloadLimiter'>
  readonly uploadKibPerSecondMax?: number
  readonly downloadKibPerSecondMax?: number
  /** How often what fails in passing is tried, for callers whom somebody waits for; that of the usual policy unless given. */
  readonly attemptsMax?: number
  /** Told of each pause before something is tried again. */
  readonly onRetry?: RetryPolicy['onRetry']
}

/** The storage at a location, ready for use: with retries, and with limits where they were asked for. */
export async function openBackend(
  location: Location,
  options: OpenOptions,
  context: Context,
  signal: AbortSignal,
): Promise<Backend> {
  const upload = limiterOf(options.uploadKibPerSecondMax, context)
  const download = limiterOf(options.downloadKibPerSecondMax, context)
  const { attemptsMax = defaultRetryPolicy.attemptsMax, onRetry } = options
  const policy = { ...defaultRetryPolicy, attemptsMax, ...(onRetry && { onRetry }) }
  if (location.kind === 'local') {
    const local = new LocalBackend(location.path, context)
    const limits = { ...(upload && { upload }), ...(download && { download }) }
    return new RetryBackend((upload ?? download) ? new LimitBackend(local, limits) : local, context, policy)
  }
  const limiters = { ...(upload && { uploadLimiter: upload }), ...(download && { downloadLimiter: download }) }
  return new RetryBackend(await openS3Backend({ ...options.s3(), location, ...limiters }, context, signal, policy), context, policy)
}

function limiterOf(kibPerSecond: number | undefined, context: Context): RateLimiter | undefined {
  return kibPerSecond === undefined || kibPerSecond === 0 ? undefined : new RateLimiter(kibPerSecond * 1024, context.clock)
}
