import { type Context, systemContext } from '@coffre/foundation'
import type { Backend, ObjectLock } from '@coffre/storage'

/** The machine as it will be later: its clock is ahead by what `aheadMs` says at each look, and otherwise runs as ever. */
export function contextAhead(aheadMs: () => number): Context {
  const { clock, random } = systemContext
  const ahead = {
    nowMs: () => clock.nowMs() + aheadMs(),
    monotonicMs: () => clock.monotonicMs(),
    sleep: clock.sleep.bind(clock),
  }
  return { clock: ahead, random }
}

/**
 * Has a storage that keeps versions tell a time that is ahead. What it refuses to remove, it refuses by its real one. Changes the
 * storage itself: of a proxy, `await using` finds no way to close it.
 */
export function tellAhead(storage: Backend, aheadMs: () => number): Backend {
  const { objectLock } = storage
  if (objectLock === undefined) return storage
  const storeTime: ObjectLock['storeTime'] = async (signal) => new Date((await objectLock.storeTime(signal)).getTime() + aheadMs())
  const ahead = new Proxy(objectLock, {
    get: (target, key) => {
      const value: unknown = key === 'storeTime' ? storeTime : Reflect.get(target, key, target)
      // On the lock itself, as its methods use what is private to it.
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  return Object.assign(storage, { objectLock: ahead })
}
