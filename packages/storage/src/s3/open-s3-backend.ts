import { type Context, isCoffreError } from '@coffre/foundation'
import type { Backend } from '../backend.ts'
import { defaultRetryPolicy, type RetryPolicy, retry } from '../decorator/retry.ts'
import type { S3Options } from './s3-options.ts'

/**
 * Opens a vault in a bucket. The SDK is loaded here and not before, so that local vaults never pay for it. One request asks whether
 * the bucket has object lock, which also tells refused credentials and missing buckets early; it is tried again as by `RetryBackend`,
 * which the caller puts around the result.
 */
export async function openS3Backend(
  options: S3Options,
  context: Context,
  signal: AbortSignal,
  policy: RetryPolicy = defaultRetryPolicy,
): Promise<Backend> {
  const [{ S3Connection }, { S3Backend }, { lockConfiguration }] = await Promise.all([
    import('./s3-connection.ts'),
    import('./s3-backend.ts'),
    import('./s3-lock-configuration.ts'),
  ])
  const connection = await S3Connection.open(options)
  try {
    const asked = await retry(context, policy, signal, async () => {
      try {
        return (await lockConfiguration(connection, signal))?.ObjectLockEnabled === 'Enabled'
      } catch (error) {
        // Neither says that there is no lock, only that it cannot be seen. A save under retention is then refused, aloud.
        if (isCoffreError(error, 'storage.permission', 'storage.unsupported', 'storage.missing')) return false
        throw error
      }
    })
    return new S3Backend(connection, options.objectLock ?? asked, context)
  } catch (error) {
    connection.close()
    throw error
  }
}
