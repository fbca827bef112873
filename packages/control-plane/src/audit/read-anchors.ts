import { isCoffreError } from '@coffre/foundation'
import { loadDocuments, loadVaultState } from '@coffre/repository'
import type { Catalogue } from '../catalogue/database.ts'
import type { SecretStore } from '../secrets/secret-store.ts'
import type { VaultPlaces } from '../vaults/vault-places.ts'
import { openVault } from '../worker/open-vault.ts'
import { OpenVaults } from '../worker/open-vaults.ts'
import { type AuditAnchor, anchorsOf } from './audit-anchor.ts'

export interface AnchorParts {
  readonly catalogue: Catalogue
  readonly secrets: SecretStore
  readonly places: VaultPlaces
}

export interface ReadAnchors {
  readonly anchors: readonly AuditAnchor[]
  /** Names of the vaults that could not be asked: on another machine's disk, or away. */
  readonly unread: readonly string[]
}

/** The anchors of the audit log in all vaults that can be reached from here. */
export async function readAnchors({ catalogue, secrets, places }: AnchorParts, signal: AbortSignal): Promise<ReadAnchors> {
  const rows = await catalogue
    .selectFrom('vault')
    .select(['id', 'name'])
    .where('state', '=', 'AVAILABLE')
    .where('deletionDate', 'is', null)
    .orderBy('name')
    .execute()
  await using vaults = new OpenVaults(places)
  const anchors: AuditAnchor[] = []
  const unread: string[] = []
  for (const { id, name } of rows) {
    try {
      await using vault = await openVault({ catalogue, secrets, vaults }, id, 'writer', signal)
      const state = await loadVaultState(vault.repository, signal)
      anchors.push(...anchorsOf(await loadDocuments(vault.repository, state, signal)))
    } catch (error) {
      if (signal.aborted || !isCoffreError(error)) throw error
      unread.push(name)
    }
  }
  return { anchors, unread }
}
