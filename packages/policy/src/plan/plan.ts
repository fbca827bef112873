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
  /** A job that has not begun so long after its time expires. Documents that do not say have 480. */
  readonly startWindowMinutes?: number
  /** A job that has not ended so long after its time is aborted. Documents that do not say have 10080, a week. */
  readonly completionWindowMinutes?: number
  readonly lifecycle: Lifecycle
  /** Capture the log between runs as well. */
  readonly isContinuous?: boolean
  /** How far back a continuous source can be restored to any second. Absent: as far as its points reach. */
  readonly windowDays?: number
  readonly copies: readonly CopyAction[]
  readonly pointTags: Readonly<Record<string, string>>
}

export interface CopyAction {
  /** The vault's name. */
  readonly targetVault: string
  readonly lifecycle: Lifecycle
  /** Where the copy goes, when that was said instead of a vault; `targetVault` was then derived from it. */
  readonly region?: string
  /** Copy the continuous log too. */
  readonly copiesLog?: boolean
}
