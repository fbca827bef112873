import { basename } from 'node:path'
import type { Context } from '@coffre/foundation'
import type { Transaction } from 'kysely'
import type { Database } from '../catalogue/database.ts'
import { newId } from '../catalogue/new-id.ts'
import type { SecretStore } from '../secrets/secret-store.ts'
import { vaultSecrets } from '../vaults/vault-secrets.ts'
import type { FoundVault } from './find-vault.ts'
import { insertTags } from './insert-tags.ts'
import type { PolicyRecord } from './policy-record.ts'
import type { Tenants } from './rebuilt-tenants.ts'

export interface RebuiltVault {
  readonly id: string
  readonly projectId: string
  readonly name: string
  readonly accountLabel: string
  readonly regionLabel: string
  readonly found: FoundVault
}

interface VaultSources {
  /** Of the key file that each vault has for this server. */
  readonly passwords: ReadonlyMap<FoundVault, Buffer>
  readonly policies: readonly PolicyRecord[]
  readonly tenants: Tenants
}

/** Remakes the rows of the vaults that were found, by their ids where a vault tells of them; what no policy knows is named by its place. */
export async function rebuildVaults(
  { context, secrets }: { readonly context: Context; readonly secrets: SecretStore },
  { passwords, policies, tenants }: VaultSources,
  within: Transaction<Database>,
): Promise<RebuiltVault[]> {
  const vaults: RebuiltVault[] = []
  for (const [found, password] of passwords) {
    const repositoryId = found.repository.config.id
    const policy = policies.find((candidate) => candidate.vaults.some((vault) => vault.repositoryId === repositoryId))
    const { tags, ...known } = policy?.vaults.find((vault) => vault.repositoryId === repositoryId) ?? {
      ...unknownVault(context, found, vaults),
      tags: {},
    }
    const projectId = policy?.project.id ?? tenants.projectId
    const keySecretId = await secrets.put(projectId, vaultSecrets.key, password, within)
    const row = { ...known, ...lockOf(known, found), projectId, repositoryId, keySecretId, location: found.location }
    await within
      .insertInto('vault')
      .values({ ...row, state: 'AVAILABLE' })
      .execute()
    await insertTags(within, { projectId, objectKind: 'vault', objectId: row.id, tags })
    const { id, name, accountLabel, regionLabel } = row
    vaults.push({ id, name, accountLabel, regionLabel, projectId, found })
  }
  return vaults
}

function unknownVault(context: Context, { location }: FoundVault, others: readonly RebuiltVault[]) {
  const place = basename(location)
  const isTaken = others.some(({ name }) => name === place)
  return {
    id: newId(context),
    name: isTaken ? `${place}-${others.length + 1}` : place,
    kind: 'BACKUP_VAULT' as const,
    accountLabel: '000000000000',
    regionLabel: 'local',
    createdAt: new Date(context.clock.nowMs()),
    lockMode: null,
  }
}

/** A lock that only the vault's state knows of is a lock all the same. */
function lockOf({ lockMode }: { readonly lockMode: 'governance' | 'compliance' | null }, { state: { lock } }: FoundVault) {
  if (lockMode !== null || lock === undefined) return {}
  return { lockMode: lock.mode, minRetentionDays: lock.days, maxRetentionDays: lock.daysMax }
}
