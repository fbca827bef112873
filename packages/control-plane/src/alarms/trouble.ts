/** Something that is wrong now. While it stays so it is one alarm, known by its kind and its subject. */
export interface Trouble {
  readonly projectId: string
  readonly kind: TroubleKind
  readonly subjectKind: 'source' | 'vault' | 'point' | 'plan' | 'project'
  readonly subjectId: string
  readonly severity: 'warning' | 'critical'
  readonly message: string
}

export const troubleKinds = [
  'backup.failed',
  'backup.late',
  'capture.failed',
  'capture.gap',
  'capture.lag',
  'clock.skew',
  'copy.failed',
  'heal.failed',
  'hold.failed',
  'plan.selects-nothing',
  'plan.vault-missing',
  'point.damaged',
  'prune.failed',
  'record.failed',
  'schedule.missed',
  'source.credentials-needed',
  'vault.tampered',
  'worker.missing',
] as const
export type TroubleKind = (typeof troubleKinds)[number]
