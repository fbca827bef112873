import type { Clock } from '@coffre/foundation'
import type { Repository } from '@coffre/repository'

/** The time that locks end by: the storage's own where it keeps them, as nobody's clock but its counts (rule L9). */
export async function storeNowMs({ backend }: Repository, clock: Clock, signal: AbortSignal): Promise<number> {
  return (await backend.objectLock?.storeTime(signal))?.getTime() ?? clock.nowMs()
}
