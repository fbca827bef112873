import type { Text } from '../language.ts'
import type { Term } from '../lifecycle/term.ts'
import type { Plan } from '../plan/plan.ts'
import type { Schedule } from '../schedule/schedule.ts'
import type { Selection } from '../selection/selection.ts'

/**
 * Policy that can be applied in one action. Everything in it is data: plans and selections are documents of Coffre's own shape, and
 * `{name}` in any text stands for a parameter. A list element that names a list parameter is there once for each of its values.
 */
export interface Preset {
  readonly name: string
  readonly title: Text
  readonly text: Text
  /** The requirements that it carries out. */
  readonly origin: readonly string[]
  /** Where those contradict each other or are silent, what was chosen. */
  readonly choices: readonly PresetChoice[]
  readonly parameters: readonly PresetParameter[]
  readonly vaults: readonly VaultTemplate[]
  readonly plans: readonly PlanTemplate[]
  readonly restoreTests: readonly RestoreTestTemplate[]
  readonly notifications: readonly PresetNotification[]
  readonly objectives?: PresetObjectives
}

export interface PresetChoice {
  /** The contradiction or gap, by its number. */
  readonly about: string
  readonly text: Text
}

export interface PresetParameter {
  readonly name: string
  readonly text: Text
  /** May name other parameters. */
  readonly value: string
  /** Values with commas between them, at least so many. */
  readonly listMin?: number
}

export interface PlanTemplate {
  readonly document: Readonly<Record<string, unknown>>
  readonly selections: readonly Readonly<Record<string, unknown>>[]
}

export type VaultPurpose = 'primary' | 'copies' | 'archive'
export type StorageClass = 'standard' | 'infrequent-access' | 'archive' | 'deep-archive'
export type VaultEncryption = 'default-key' | 'dedicated-key' | 'multi-region-key'

interface VaultTemplate {
  readonly name: string
  readonly purpose: VaultPurpose
  readonly region?: string
  readonly encryption: VaultEncryption
  readonly storage: readonly StorageClass[]
  readonly shortRetention?: string
  readonly longRetention?: string
  readonly lock?: 'governance' | 'compliance'
}

/** `manual` and `ad-hoc`: whenever a person asks for it. */
export type RestoreTestCadence = 'weekly' | 'monthly' | 'quarterly' | 'yearly' | 'manual' | 'ad-hoc' | 'never'

interface RestoreTestTemplate {
  readonly name: string
  readonly text: Text
  readonly cadence: RestoreTestCadence
  /** Patterns of the sources that are tested; all of the plans' when absent. */
  readonly sources?: readonly string[]
  /** Where the test restores to. */
  readonly environment?: Text
}

export interface PresetNotification {
  readonly topic: string
  readonly events: readonly ('failure' | 'success')[]
}

/** Hours that may be lost, and until service is back. */
export interface PresetObjectives {
  readonly rpoHours: number
  readonly rtoHours: number
  /** Sources with an objective of their own. */
  readonly exceptions?: readonly { readonly sources: string; readonly rpoHours: number }[]
}

/** What applying a preset would create, with every parameter filled in. */
export interface AppliedPreset {
  readonly preset: string
  readonly plans: readonly AppliedPlan[]
  readonly vaults: readonly WantedVault[]
  readonly restoreTests: readonly WantedRestoreTest[]
  readonly notifications: readonly PresetNotification[]
  readonly choices: readonly PresetChoice[]
  readonly objectives?: PresetObjectives
}

export interface AppliedPlan {
  readonly plan: Plan
  readonly selections: readonly Selection[]
  /** As if it had been given by a person. */
  readonly document: unknown
}

export interface WantedVault extends Omit<VaultTemplate, 'shortRetention' | 'longRetention'> {
  readonly shortRetention?: Term
  readonly longRetention?: Term
}

export interface WantedRestoreTest extends RestoreTestTemplate {
  /** Absent when no clock starts it. */
  readonly schedule?: Schedule
}
