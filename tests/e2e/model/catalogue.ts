import { CoffreError, interruption } from '@coffre/foundation'
import type { Lease } from '@coffre/repository'
import type { Actor, World } from './world.ts'

const leaseMs = 22 * 60_000
const renewMs = 5 * 60_000

/** The server's database: one clock for all, sessions that run out unless they are renewed. */
export class Catalogue {
  readonly #world: World
  readonly #sessions = new Map<Actor, { readonly startedMs: number; untilMs: number }>()

  constructor(world: World) {
    this.#world = world
  }

  /** When the oldest session began that may still be alive, by the catalogue's clock; that of `apart` left out. */
  oldestSessionMs(clockOffsetMs: number, apart: Actor): number | undefined {
    const alive = [...this.#sessions].filter(([actor, { untilMs }]) => actor !== apart && untilMs > this.#world.nowMs)
    return alive.length === 0 ? undefined : clockOffsetMs + Math.min(...alive.map(([, { startedMs }]) => startedMs))
  }

  /** Whether the actor's session ended so long ago that its lock files may be reaped (rule C3). */
  isLongOver(actor: Actor): boolean {
    const session = this.#sessions.get(actor)
    return session === undefined || session.untilMs + 10 * 60_000 < this.#world.nowMs
  }

  begin(actor: Actor): Session {
    const session = { startedMs: this.#world.nowMs, untilMs: this.#world.nowMs + leaseMs }
    this.#sessions.set(actor, session)
    const renew = (): boolean => {
      if (session.untilMs <= this.#world.nowMs) return false
      session.untilMs = this.#world.nowMs + leaseMs
      return true
    }
    return new Session(this.#world, actor, renew, () => this.#sessions.delete(actor))
  }
}

/** A lease as its holder sees it: counted from the moment when the renewal was asked for. */
export class Session implements Lease {
  readonly #world: World
  readonly #lost = new AbortController()
  readonly #renew: () => boolean
  readonly #end: () => void
  #untilMs: number
  #hasEnded = false

  constructor(world: World, actor: Actor, renew: () => boolean, end: () => void) {
    this.#world = world
    this.#renew = renew
    this.#end = end
    this.#untilMs = world.nowMs + leaseMs
    this.#keep(actor)
  }

  get signal(): AbortSignal {
    return this.#lost.signal
  }

  assertHeld(marginMs: number): void {
    if (this.#lost.signal.aborted) throw interruption(this.#lost.signal)
    if (this.#world.nowMs + marginMs >= this.#untilMs) throw this.#lose()
  }

  end(): void {
    this.#hasEnded = true
    this.#end()
  }

  #keep(actor: Actor): void {
    this.#world.after(renewMs, actor, () => {
      if (this.#hasEnded) return
      const askedMs = this.#world.nowMs
      if (!this.#renew()) {
        this.#lose()
        return
      }
      this.#untilMs = askedMs + leaseMs
      this.#keep(actor)
    })
  }

  #lose(): CoffreError {
    const error = new CoffreError('repository.lease-lost', 'the lease has run out')
    this.#lost.abort(error)
    return error
  }
}
