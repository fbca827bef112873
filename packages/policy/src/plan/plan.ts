import type { Lifecycle } from '../lifecycle/lifecycle.ts'
import type { Schedule } from '../schedule/schedule.ts'

/** Policy for the sources that its selections pick. */
export interface Plan {
  readonly name: string
  /** IANA name, such as Europe/Paris; rules without a zone of their own are in it. */
  readonly timeZone: string
  readonly rules: readonly Rule[]
}

/** One schedule, with what becomes of what it makes. Names are unique within a plan. */
export interface Rule {
  readonly name: string
  /** Absent: runs on demand or by event only. */
  readonly schedule?: Schedule
  readonly timeZone?: string
  /** The vault's name. */
  readonly targetVault: string
  /** A job that has not begun so long after its time expires. */
  readonly startWindowMinutes?: number
  /** A job that has not ended so long after its time is aborted. */
  readonly completionWindowMinutes?: number
  readonly lifecycle: Lifecycle
  /** Capture the log between runs as well. */
  readonly isContinuous?: boolean
  /** How far back a continuous source can be restored to any second. */
  readonly windowDays?: number
  readonly copies: readonly CopyAction[]
  readonly pointTags: Readonly<Record<string, string>>
}

export interface CopyAction {
  readonly targetVault: string
  readonly lifecycle: Lifecycle
}

/** Something about a document that its author should know. An error keeps it from being used. */
export interface PolicyFinding {
  readonly severity: 'error' | 'warning'
  /** Where in the document, as a JSON pointer. */
  readonly at: string
  readonly message: string
  readonly hint?: string
}
