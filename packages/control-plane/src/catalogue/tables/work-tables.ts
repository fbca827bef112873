import type { RestorePhase } from '@coffre/connector'
import type { Generated } from 'kysely'
import type { Document } from './document.ts'

export const jobKinds = [
  'BACKUP',
  'CAPTURE',
  'COPY',
  'RESTORE',
  'EXPLAIN',
  'TIMELINE',
  'VERIFY',
  'PRUNE',
  'EXPIRE',
  'HOLD',
  'RECORD',
  'HEAL',
  'CATALOGUE_BACKUP',
] as const
export type JobKind = (typeof jobKinds)[number]

export const jobStates = [
  'CREATED',
  'PENDING',
  'RUNNING',
  'RETRYING',
  'ABORTING',
  'ABORTED',
  'COMPLETED',
  'PARTIAL',
  'FAILED',
  'EXPIRED',
] as const
export type JobState = (typeof jobStates)[number]

export interface OccurrenceTable {
  id: string
  ruleId: string
  dueAt: Date
  disposition: 'RUN' | 'MISSED'
  reason: string | null
  startBy: Date | null
  completeBy: Date | null
  recordedAt: Date
}

export interface WorkerTable {
  id: string
  hostname: string
  pid: number
  version: string
  startedAt: Date
  seenAt: Date
}

export interface JobTable {
  id: string
  hexId: string
  projectId: string
  accountLabel: string
  regionLabel: string
  kind: JobKind
  state: JobState
  message: string | null
  messageCategory: string | null
  sourceId: string | null
  sourceName: string | null
  vaultId: string | null
  vaultName: string | null
  targetVaultId: string | null
  planId: string | null
  planName: string | null
  planVersionId: string | null
  planVersionNumber: number | null
  ruleId: string | null
  ruleName: string | null
  ruleSchedule: string | null
  ruleTimeZone: string | null
  occurrenceId: string | null
  parentJobId: string | null
  isParent: Generated<boolean>
  childCount: Generated<number>
  /** What it signs in with where it restores to; gone once it has ended. */
  secretId: string | null
  request: Document
  result: Document | null
  error: Document | null
  roleArn: string | null
  priority: Generated<number>
  attempt: Generated<number>
  attemptsMax: Generated<number>
  failures: Generated<number>
  notBefore: Date
  workerId: string | null
  leaseUntil: Date | null
  /** What a restore is at while it runs. */
  phase: RestorePhase | null
  percent: Generated<number>
  bytesDone: Generated<number>
  bytesTotal: number | null
  itemsDone: Generated<number>
  itemsTotal: number | null
  expectedEndAt: Date | null
  startBy: Date | null
  completeBy: Date | null
  createdAt: Date
  createdBy: string
  startedAt: Date | null
  completedAt: Date | null
}

export interface JobStateTable {
  jobId: string
  number: number
  state: JobState
  message: string | null
  attempt: number
  at: Date
}

export interface JobLogTable {
  jobId: string
  number: Generated<number>
  at: Date
  level: 'info' | 'warning' | 'error'
  message: string
}

export interface PointTable {
  id: string
  hexId: string
  projectId: string
  accountLabel: string
  regionLabel: string
  sourceId: string | null
  sourceName: string
  engine: string
  vaultId: string
  vaultName: string
  snapshotId: string
  sourceVaultId: string | null
  sourcePointId: string | null
  state: 'CREATING' | 'AVAILABLE' | 'COMPLETED' | 'PARTIAL' | 'STOPPED' | 'EXPIRED' | 'DELETING'
  message: string | null
  parentPointId: string | null
  isParent: Generated<boolean>
  memberId: string | null
  initiatedAt: Date
  createdAt: Date
  completedAt: Date | null
  consistentAt: Date | null
  sizeBytes: number
  storedBytes: number | null
  items: number | null
  manifest: Document | null
  verification: Generated<'PENDING' | 'STRUCTURE' | 'SAMPLED' | 'FULL' | 'FAILED'>
  verifiedAt: Date | null
  quarantine: string | null
  lifecycle: Document
  keepLevels: Generated<string[]>
  keepZone: string
  deleteAt: Date | null
  moveToColdAt: Date | null
  lockUntil: Date | null
  storageClass: Generated<'WARM' | 'COLD'>
  isContinuous: Generated<boolean>
  isOnDemand: boolean
  description: string | null
  restoreMetadata: Document | null
  lastRestoreAt: Date | null
  indexStatus: string | null
  indexStatusMessage: string | null
  indexCreatedAt: Date | null
  indexDeletedAt: Date | null
  indexItemCount: number | null
  scanResult: Document | null
  planId: string | null
  planName: string | null
  planVersionId: string | null
  ruleId: string | null
  ruleName: string | null
  ruleSchedule: string | null
  ruleTimeZone: string | null
  jobId: string | null
  deletionDate: Date | null
}

export interface HoldTable {
  id: string
  projectId: string
  title: string
  description: string
  state: 'CREATING' | 'ACTIVE' | 'CANCELING' | 'CANCELED'
  query: Document
  creatorRequestId: string | null
  createdAt: Date
  createdBy: string
  cancelledAt: Date | null
  cancelReason: string | null
  retainRecordUntil: Date | null
  /** What vaults know it by; its id when null. */
  recordName: string | null
}

export interface HoldPointTable {
  holdId: string
  pointId: string
  /** Whether the vault's own state says the same by now. */
  state: Generated<'PENDING' | 'HELD' | 'RELEASED'>
}

export interface VaultRecordTable {
  vaultId: string
  policyHash: Buffer
  pointsThrough: Date
  recordedAt: Date
}
