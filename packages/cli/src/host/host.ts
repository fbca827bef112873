import type { Clock } from '@coffre/foundation'

/** Somebody who can be asked. */
export interface Person {
  /** The answer, without the end of its line; empty when none is given. */
  ask(question: string, signal: AbortSignal): Promise<string>
  /** The same, and what is typed is not shown. */
  askSecret(question: string, signal: AbortSignal): Promise<string>
}

/** What commands over the API need of the machine that they run on. */
export interface Host {
  readonly clock: Clock
  readonly isRoot: boolean
  /** As the IANA names it. */
  readonly timeZone: string
  /** Undefined where there is no terminal. */
  readonly person: Person | undefined
  /** All of standard input, as text. */
  readInput(): Promise<string>
}
