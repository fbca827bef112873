import { CoffreError, minuteMs, throwIfAborted } from '@coffre/foundation'
import type { Id } from '../format/node.ts'
import type { Repository } from '../repository/repository.ts'
import type { Lease } from '../repository/repository-context.ts'
import { type NewLock, newLock, refuseConflicts, removeLock, saveLock } from './lock-files.ts'

/**
 * restic's lock files, by rules C1 to C4: a file in `locks/` says who works here; an exclusive one wants to be alone. The file is
 * refreshed every five minutes; when that has failed for 22 minutes the work is aborted, before anybody may think it dead.
 */
export interface RepositoryLock extends AsyncDisposable {
  /** Aborted with `repository.lease-lost` when the lock could not be kept. Work under the lock uses this signal. */
  readonly signal: AbortSignal
  /** Resolves once the lock has been seen to be undisputed; nothing may be written to the repository before. */
  readonly confirmed: Promise<void>
}

const refreshMs = 5 * minuteMs
const abandonMs = 22 * minuteMs
/** Two writers that lock at the same moment see each other after so long. */
const settleMs = 200

/** A lock whose file is stored. It keeps itself until it is disposed of, and guards every change of the repository. */
export class HeldLock implements RepositoryLock, Lease {
  readonly signal: AbortSignal
  readonly confirmed: Promise<void>
  readonly #repository: Repository
  readonly #exclusive: boolean
  readonly #lost = new AbortController()
  readonly #released = new AbortController()
  readonly #guard: Disposable
  readonly #refreshing: Promise<unknown>
  /** Every lock file of ours that may exist. */
  readonly #files = new Set<Id>()
  #current: NewLock
  #lastFailure: unknown

  constructor(repository: Repository, exclusive: boolean, file: NewLock, signal: AbortSignal) {
    this.#repository = repository
    this.#exclusive = exclusive
    this.#current = file
    this.#files.add(file.name)
    this.signal = AbortSignal.any([signal, this.#lost.signal])
    this.confirmed = this.#confirm(file.name, signal)
    // Whoever awaits `confirmed` hears of the failure; until then it must not count as unhandled.
    this.confirmed.catch(() => undefined)
    this.#guard = repository.guardBy(this)
    this.#refreshing = Promise.all([this.#keep(), this.#expire()])
  }

  /** A process that was suspended finds out here, before any timer of it had its turn. */
  assertHeld(marginMs: number): void {
    if (this.#ageMs() + marginMs >= abandonMs) this.#lose('the lock could not be refreshed for 22 minutes, so the work was stopped')
    throwIfAborted(this.#lost.signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#released.abort()
    this.#guard[Symbol.dispose]()
    await this.#refreshing
    for (const name of this.#files) await removeLock(this.#repository, name)
  }

  async #confirm(own: Id, signal: AbortSignal): Promise<void> {
    await this.#repository.context.clock.sleep(settleMs, signal)
    await refuseConflicts(this.#repository, this.#exclusive, own, signal)
  }

  async #keep(): Promise<void> {
    const { clock } = this.#repository.context
    while (!this.#lost.signal.aborted) {
      try {
        await clock.sleep(refreshMs, this.#released.signal)
        await this.#refresh(this.#released.signal)
      } catch (error) {
        if (this.#released.signal.aborted) return
        this.#lastFailure = error
      }
    }
  }

  async #refresh(signal: AbortSignal): Promise<void> {
    this.assertHeld(0)
    const old = this.#current
    if (!(await this.#repository.exists({ type: 'lock', name: old.name }, signal))) {
      this.#lose('somebody removed the lock of this process, so the work was stopped')
      return
    }
    const next = newLock(this.#repository, this.#exclusive)
    // Before it is stored: whatever the answer will be, it may be there then.
    this.#files.add(next.name)
    await saveLock(this.#repository, next, signal)
    this.#current = next
    await this.#repository.backend.remove({ type: 'lock', name: old.name }, signal)
    this.#files.delete(old.name)
  }

  /** Ends the work in time, even while a refresh hangs. */
  async #expire(): Promise<void> {
    try {
      for (;;) {
        this.assertHeld(0)
        await this.#repository.context.clock.sleep(Math.max(1, abandonMs - this.#ageMs()), this.#released.signal)
      }
    } catch {
      // Released, or lost: nothing is left to watch either way.
    }
  }

  /** By the clock that says more: one stands still while the machine sleeps, the other may be set. */
  #ageMs(): number {
    const { clock } = this.#repository.context
    return Math.max(clock.monotonicMs() - this.#current.madeMonotonicMs, clock.nowMs() - this.#current.madeMs)
  }

  #lose(message: string): void {
    this.#lost.abort(
      new CoffreError('repository.lease-lost', message, {
        hint: 'Is the storage reachable and writable, and was this process asleep? What was stored stays; run the command again.',
        cause: this.#lastFailure,
      }),
    )
  }
}
