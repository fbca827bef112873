import { type Clock, interruption, throwIfAborted } from '@coffre/foundation'
import { SeededRandom } from '@coffre/testkit'

/** Somebody at work in the world: a process on some host. Once killed, nothing of it happens any more. */
export interface Actor {
  readonly name: string
  /** What its wall clock is off by. */
  readonly skewMs: number
  /** Nothing of it happens until then: it is suspended, or its machine is. */
  pausedUntilMs: number
  isKilled: boolean
}

interface Event {
  readonly atMs: number
  readonly order: number
  readonly actor: Actor | undefined
  readonly happen: () => void
}

const startMs = Date.UTC(2026, 0, 1)

/**
 * Time as a list of events, in which everything that takes time is an event: requests on their way, answers, timers. Between two
 * events all code runs until it waits, so that one seed gives one history.
 */
export class World {
  readonly random: SeededRandom
  /** What happened, for whoever has to understand a failure. */
  readonly log: string[] = []
  #nowMs = 0
  #order = 0
  readonly #events: Event[] = []
  readonly #listeners = new Set<() => void>()

  constructor(seed: number) {
    this.random = new SeededRandom(seed)
  }

  get nowMs(): number {
    return this.#nowMs
  }

  say(who: string, what: string): void {
    this.log.push(`${(this.#nowMs / 1000).toFixed(3).padStart(11)} ${who.padEnd(14)} ${what}`)
  }

  /** True once in so many times. */
  chance(oneIn: number): boolean {
    return this.random.integer(oneIn) === 0
  }

  after(delayMs: number, actor: Actor | undefined, happen: () => void): void {
    const event: Event = { atMs: this.#nowMs + delayMs, order: this.#order++, actor, happen }
    this.#events.push(event)
    let at = this.#events.length - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (isBefore(this.#events[parent], event)) break
      this.#swap(at, parent)
      at = parent
    }
  }

  /** Calls `onAbort` when the signal is aborted, until the result is called or the world ends. */
  listen(signal: AbortSignal, onAbort: () => void): () => void {
    const stop = (): void => {
      this.#listeners.delete(stop)
      signal.removeEventListener('abort', onAbort)
    }
    this.#listeners.add(stop)
    signal.addEventListener('abort', onAbort, { once: true })
    return stop
  }

  /** Forgets who still waits, so that nothing keeps the killed in memory: signals with listeners are never collected. */
  end(): void {
    for (const stop of this.#listeners) stop()
    this.#events.length = 0
  }

  /** Lets events happen until `isOver`, or until none is left. */
  async run(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const event = this.#next()
      if (event === undefined) return
      this.#nowMs = event.atMs
      const { actor } = event
      if (actor?.isKilled) continue
      if (actor !== undefined && actor.pausedUntilMs > this.#nowMs) {
        this.after(actor.pausedUntilMs - this.#nowMs, actor, event.happen)
        continue
      }
      event.happen()
      await new Promise<void>((resolve) => setImmediate(resolve))
    }
  }

  clockOf(actor: Actor): Clock {
    return {
      nowMs: () => startMs + this.#nowMs + actor.skewMs,
      monotonicMs: () => this.#nowMs,
      sleep: (delayMs, signal) => this.#sleep(actor, delayMs, signal),
    }
  }

  async #sleep(actor: Actor, delayMs: number, signal: AbortSignal): Promise<void> {
    throwIfAborted(signal)
    await new Promise<void>((resolve, reject) => {
      const stopListening = this.listen(signal, () => {
        stopListening()
        reject(interruption(signal))
      })
      this.after(delayMs, actor, () => {
        stopListening()
        resolve()
      })
    })
  }

  #next(): Event | undefined {
    const first = this.#events[0]
    const last = this.#events.pop()
    if (first === undefined || last === undefined || this.#events.length === 0) return first
    this.#events[0] = last
    for (let at = 0; ; ) {
      const left = at * 2 + 1
      const child = isBefore(this.#events[left + 1], this.#events[left]) ? left + 1 : left
      if (!isBefore(this.#events[child], last)) return first
      this.#swap(at, child)
      at = child
    }
  }

  #swap(a: number, b: number): void {
    const [one, other] = [this.#events[a], this.#events[b]]
    if (one === undefined || other === undefined) return
    this.#events[a] = other
    this.#events[b] = one
  }
}

function isBefore(a: Event | undefined, b: Event | undefined): boolean {
  if (a === undefined || b === undefined) return a !== undefined
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}
