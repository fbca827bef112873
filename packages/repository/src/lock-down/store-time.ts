import { CoffreError, minuteMs } from '@coffre/foundation'
import type { Backend, ObjectLock } from '@coffre/storage'
import type { RepositoryContext } from '../repository/repository-context.ts'

const skewMsMax = 5 * minuteMs

/** The object lock of a vault whose policy asks for one. */
export function objectLockOf(backend: Backend): ObjectLock {
  if (backend.objectLock !== undefined) return backend.objectLock
  throw new CoffreError('storage.unsupported', `${backend.location} cannot keep files under a retention`, {
    hint: 'Object lock must be switched on when a bucket is made. These credentials may need s3:GetBucketObjectLockConfiguration.',
  })
}

/** The store's time, in milliseconds. `storage.clock-skew` when it and this host's are more than five minutes apart (rule L9). */
export async function storeTimeMs(backend: Backend, context: RepositoryContext, signal: AbortSignal): Promise<number> {
  const time = (await objectLockOf(backend).storeTime(signal)).getTime()
  const skewMs = time - context.clock.nowMs()
  if (Math.abs(skewMs) <= skewMsMax) return time
  const minutes = Math.round(Math.abs(skewMs) / minuteMs)
  throw new CoffreError(
    'storage.clock-skew',
    `this host's clock is ${minutes} minutes ${skewMs > 0 ? 'behind' : 'ahead of'} that of ${backend.location}`,
    {
      hint: 'Lock terms would be wrong, so nothing is written. Set the clock of this host, for example with NTP.',
    },
  )
}
