import { minuteMs } from '@coffre/foundation'

/** How long after its time a run may begin and must have ended, as rules have it; absent is unlimited. */
export interface RunWindowMinutes {
  readonly startWindowMinutes?: number
  readonly completionWindowMinutes?: number
}

/** The instants that both windows end at; `undefined` when they never do. */
export interface RunWindow {
  /** A run that has not begun by then expires. */
  readonly startByMs: number | undefined
  /** A run that has not ended by then is aborted. */
  readonly completeByMs: number | undefined
}

/** Both windows count from `dueMs`, the time that the run was due, not from when it began. */
export function runWindow({ startWindowMinutes, completionWindowMinutes }: RunWindowMinutes, dueMs: number): RunWindow {
  return {
    startByMs: startWindowMinutes === undefined ? undefined : dueMs + startWindowMinutes * minuteMs,
    completeByMs: completionWindowMinutes === undefined ? undefined : dueMs + completionWindowMinutes * minuteMs,
  }
}
