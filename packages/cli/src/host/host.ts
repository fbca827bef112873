import { text } from 'node:stream/consumers'
import { type Clock, systemContext } from '@coffre/foundation'
import { terminalPerson } from './terminal-person.ts'

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

export function thisHost(): Host {
  return {
    clock: systemContext.clock,
    isRoot: process.getuid?.() === 0,
    timeZone: new Intl.DateTimeFormat().resolvedOptions().timeZone,
    person: process.stdin.isTTY && process.stderr.isTTY ? terminalPerson : undefined,
    readInput: () => text(process.stdin),
  }
}
