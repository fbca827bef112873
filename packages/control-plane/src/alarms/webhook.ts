import type { Clock } from '@coffre/foundation'
import type { AlarmChange } from './alarm-book.ts'

const attempts = 3
const pauseMs = 2000
const timeoutMs = 10_000

/** Tells a URL of each alarm that was raised or cleared. What cannot be told is logged: the alarm itself stays where it is. */
export class Webhook {
  readonly #url: string
  readonly #clock: Clock
  readonly #log: (line: string) => void

  constructor(url: string, clock: Clock, log: (line: string) => void) {
    this.#url = url
    this.#clock = clock
    this.#log = log
  }

  async tell(changes: readonly AlarmChange[], signal: AbortSignal): Promise<void> {
    for (const change of changes) await this.#tellOne(change, signal)
  }

  async #tellOne({ alarm, change }: AlarmChange, signal: AbortSignal): Promise<void> {
    const { id, kind, severity, message, subjectKind, subjectId, raisedAt, clearedAt } = alarm
    const body = JSON.stringify({
      change,
      id,
      kind,
      severity,
      message,
      subject: { kind: subjectKind, id: subjectId },
      raisedAt,
      clearedAt,
    })
    for (let attempt = 1; ; attempt++) {
      const problem = await this.#post(body, signal)
      if (problem === undefined) return
      if (attempt === attempts) return this.#log(`the webhook did not take the alarm ${kind}: ${problem}`)
      await this.#clock.sleep(pauseMs, signal)
    }
  }

  /** Undefined when it was taken. The URL may hold a secret, and is not named. */
  async #post(body: string, signal: AbortSignal): Promise<string | undefined> {
    try {
      const response = await fetch(this.#url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        redirect: 'error',
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      })
      await response.body?.cancel()
      return response.ok ? undefined : `it answered ${response.status}`
    } catch (error) {
      signal.throwIfAborted()
      return error instanceof Error && error.cause instanceof Error ? error.cause.message : 'it does not answer'
    }
  }
}
