import type { Generated } from 'kysely'
import type { Document } from './document.ts'

export interface OrgTable {
  id: string
  hexId: string
  name: string
  createdAt: Date
}

export interface ProjectTable {
  id: string
  hexId: string
  orgId: string
  name: string
  accountLabel: string
  regionLabel: string
  compliancePolicy: Document | null
  createdAt: Date
}

export interface SecretTable {
  id: string
  projectId: string
  purpose: string
  keyId: string
  sealed: Buffer
  createdAt: Date
}

export interface VaultTable {
  id: string
  projectId: string
  accountLabel: string
  regionLabel: string
  name: string
  kind: 'BACKUP_VAULT' | 'LOGICALLY_AIR_GAPPED_BACKUP_VAULT'
  state: 'CREATING' | 'AVAILABLE' | 'FAILED' | 'UNREACHABLE'
  location: string
  repositoryId: string | null
  classification: 'public' | 'internal' | 'confidential' | 'restricted' | null
  encryptionKeyLabel: string | null
  creatorRequestId: string | null
  keySecretId: string | null
  writerSecretId: string | null
  keeperSecretId: string | null
  lockMode: 'governance' | 'compliance' | null
  minRetentionDays: number | null
  maxRetentionDays: number | null
  changeableForDays: number | null
  lockDate: Date | null
  /** Whether the storage keeps what is locked from being destroyed, as it told when it was last asked. */
  storageLocks: Generated<boolean>
  sourceVaultId: string | null
  accessPolicy: string | null
  notificationTopic: string | null
  notificationEvents: string[] | null
  createdAt: Date
  deletionDate: Date | null
}

export interface SourceTable {
  id: string
  hexId: string
  zoneHexId: string
  replicationSpecHexId: string
  projectId: string
  accountLabel: string
  regionLabel: string
  name: string
  engine: string
  identity: string
  resourceArn: string | null
  config: Document
  secretId: string | null
  state: 'READY' | 'CREDENTIALS_NEEDED' | 'UNREACHABLE'
  tier: string | null
  environment: string | null
  findings: Document
  checkedAt: Date | null
  createdAt: Date
  deletionDate: Date | null
}

export interface SourceScheduleTable {
  sourceId: string
  referenceHour: number
  referenceMinute: number
  restoreWindowDays: number
  autoExportEnabled: boolean
  export: Document | null
  policyHexId: string
  planId: string
}

export interface TagTable {
  projectId: string
  objectKind: 'vault' | 'source' | 'plan' | 'point' | 'hold'
  objectId: string
  key: string
  value: string
}

export interface PlanTable {
  id: string
  hexId: string
  projectId: string
  accountLabel: string
  regionLabel: string
  name: string
  creatorRequestId: string | null
  versionId: string
  lastExecutionAt: Date | null
  createdAt: Date
  deletionDate: Date | null
}

export interface PlanVersionTable {
  id: string
  planId: string
  number: number
  /** As it was given, byte for byte. */
  document: string
  plan: Document
  createdAt: Date
  createdBy: string
}

export interface RuleTable {
  id: string
  hexId: string
  planId: string
  name: string
  definition: Document
  timeZone: string
  anchorAt: Date
  evaluatedThrough: Date
  nextDueAt: Date | null
  deletionDate: Date | null
}

export interface SelectionTable {
  id: string
  hexId: string
  planId: string
  name: string
  document: Document
  roleArn: string | null
  creatorRequestId: string | null
  createdAt: Date
  deletionDate: Date | null
}
