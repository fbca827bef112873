import type { Context } from '@coffre/foundation'
import type { RetentionMode, S3Credentials } from '@coffre/storage'
import type { Catalogue } from '../catalogue/database.ts'
import type { SecretStore } from '../secrets/secret-store.ts'
import type { VaultPlaces } from './vault-places.ts'

/** What the services of vaults work with. */
export interface VaultParts {
  readonly catalogue: Catalogue
  readonly secrets: SecretStore
  readonly places: VaultPlaces
  readonly context: Context
}

/** Nobody shortens what is kept in a locked vault: governance by approval of several people only, compliance not at all. */
export interface VaultLock {
  readonly mode: RetentionMode
  readonly minRetentionDays?: number | undefined
  readonly maxRetentionDays?: number | undefined
  readonly changeableForDays?: number | undefined
}

export interface NewVault {
  readonly projectId: string
  readonly name: string
  readonly location: string | undefined
  readonly region: string | undefined
  readonly classification: 'public' | 'internal' | 'confidential' | 'restricted' | undefined
  readonly lock: VaultLock | undefined
  readonly writerCredentials: S3Credentials | undefined
  readonly keeperCredentials: S3Credentials | undefined
  readonly tags: Readonly<Record<string, string>>
}
