import type { Generated } from 'kysely'
import type { Document } from './document.ts'

export interface RoleGrantTable {
  id: string
  orgId: string
  projectId: string | null
  principal: string
  role: string
  grantedAt: Date
  grantedBy: string
}

export interface ApiKeyTable {
  id: string
  hexId: string
  orgId: string
  projectId: string | null
  name: string
  kind: 'bearer' | 'sigv4' | 'digest' | 'service-account'
  publicId: string
  secretHash: Buffer | null
  secretId: string | null
  scopes: string[] | null
  createdAt: Date
  createdBy: string
  expiresAt: Date | null
  lastUsedAt: Date | null
  revokedAt: Date | null
}

export interface AddressRuleTable {
  id: string
  orgId: string
  network: string
  description: string
  createdAt: Date
  createdBy: string
}

export interface SignInFailureTable {
  subject: string
  failures: number
  lastAt: Date
  lockedUntil: Date | null
}

export interface ApprovalTable {
  id: string
  projectId: string
  operation: string
  targetKind: string
  targetId: string
  request: Document
  reason: string
  state: 'PENDING' | 'APPROVED' | 'REJECTED' | 'WITHDRAWN' | 'EXPIRED' | 'USED'
  votesNeeded: number
  requestedBy: string
  requestedAt: Date
  expiresAt: Date
  usedAt: Date | null
}

export interface ApprovalVoteTable {
  approvalId: string
  principal: string
  verdict: 'APPROVE' | 'REJECT'
  comment: string | null
  at: Date
}

export interface IdempotencyTable {
  principal: string
  operation: string
  token: string
  bodyHash: Buffer
  status: number | null
  answer: Document | null
  createdAt: Date
}

export interface AuditEntryTable {
  number: number
  at: Date
  orgId: string
  projectId: string | null
  principal: string
  operation: string
  target: string | null
  outcome: 'ALLOWED' | 'DENIED' | 'FAILED'
  code: string | null
  detail: Document
  address: string | null
  requestId: string | null
  previousHash: Buffer
  hash: Buffer
}

export interface AuditAnchorTable {
  number: number
  hash: Buffer
  vaultId: string
  objectName: string
  versionId: string | null
  at: Date
}

export interface EventTable {
  number: Generated<number>
  at: Date
  orgId: string
  projectId: string | null
  kind: string
  subjectKind: string
  subjectId: string
  detail: Document
}

export interface AlarmTable {
  id: string
  hexId: string
  orgId: string
  projectId: string | null
  kind: string
  subjectKind: string
  subjectId: string | null
  severity: 'warning' | 'critical'
  message: string
  detail: Document
  raisedAt: Date
  seenAt: Date
  acknowledgedUntil: Date | null
  acknowledgedBy: string | null
  clearedAt: Date | null
}

export interface SettingTable {
  orgId: string
  projectId: string | null
  key: string
  value: Document
  changedAt: Date
  changedBy: string
}
