import { formatPosition, type Position } from '@coffre/connector'
import { CoffreError, type CoffreErrorOptions } from '@coffre/foundation'

/** The log does not go on there. */
export function journalGap(problem: string): CoffreError {
  return new CoffreError('journal.gap', problem, {
    hint: 'The log has a gap there. A new base backup begins an unbroken log again; what was stored before stays restorable.',
  })
}

export function notContiguous(expected: Position, found: Position): CoffreError {
  return journalGap(`the journal expects changes after ${formatPosition(expected)}, the source offers ${formatPosition(found)}`)
}

/** Two parts of the journal say different things of the same log. */
export function journalFork(problem: string): CoffreError {
  return new CoffreError('journal.fork', problem, {
    hint: 'Two writers were at work, or one of a copy of the vault. Stop all but one; a new base backup begins a log that can be trusted again.',
  })
}

/** Something of the journal is not what it was when it was stored, or is not there. */
export function journalDamaged(what: string, problem: string, options: CoffreErrorOptions = {}): CoffreError {
  return new CoffreError('journal.damaged', `${what} ${problem}`, {
    hint: '`coffre repo heal` brings hidden files back where the storage keeps versions. Else bring it back from a copy of the vault, or make a new base backup: the log before it stays restorable.',
    ...options,
  })
}

/** An instant that the log cannot tell of, and those that it can. */
export function outsideWindow(atUs: number, firstUs: number | undefined, lastUs: number | undefined): CoffreError {
  const window =
    firstUs === undefined || lastUs === undefined
      ? 'nothing yet'
      : `${new Date(firstUs / 1000).toISOString()} to ${new Date(lastUs / 1000).toISOString()}`
  return new CoffreError(
    'journal.outside-window',
    `the log says nothing of ${new Date(atUs / 1000).toISOString()}: it covers ${window}`,
    {
      hint: 'Choose an instant in between, or the latest one.',
    },
  )
}
