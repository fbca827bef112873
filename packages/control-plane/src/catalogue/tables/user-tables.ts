export interface UserAccountTable {
  id: string
  orgId: string
  name: string
  displayName: string
  passwordHash: string | null
  passwordChangedAt: Date | null
  createdAt: Date
  createdBy: string
  disabledAt: Date | null
}

export interface TwoFactorTable {
  userId: string
  secretId: string
  createdAt: Date
  confirmedAt: Date | null
  lastStep: number
}

export interface RecoveryCodeTable {
  userId: string
  codeHash: Buffer
}

export interface SessionTable {
  id: string
  userId: string
  tokenHash: Buffer
  createdAt: Date
  lastUsedAt: Date
  expiresAt: Date
  address: string | null
  userAgent: string | null
  secondFactorAt: Date | null
  revokedAt: Date | null
}

export interface OneTimeTokenTable {
  id: string
  orgId: string
  userId: string | null
  tokenHash: Buffer
  createdAt: Date
  expiresAt: Date
  usedAt: Date | null
}
