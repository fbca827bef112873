import type { VaultSession } from '@coffre/engine'
import { CoffreError } from '@coffre/foundation'
import type { S3Credentials } from '@coffre/storage'
import type { Selectable } from 'kysely'
import type { VaultTable } from '../catalogue/tables/policy-tables.ts'
import { vaultSecrets } from '../vaults/vault-secrets.ts'
import type { OpenedVault } from './open-vaults.ts'
import type { WorkerParts } from './worker-parts.ts'

export interface OpenVault extends OpenedVault, AsyncDisposable {
  readonly row: Selectable<VaultTable>
}

/** Opens a vault for those who add to it and read it, or for the keeper, who alone removes. */
export async function openVault(
  { catalogue, secrets, vaults }: Pick<WorkerParts, 'catalogue' | 'secrets' | 'vaults'>,
  vaultId: string | null,
  as: 'writer' | 'keeper',
  signal: AbortSignal,
): Promise<OpenVault> {
  const row = await catalogue.selectFrom('vault').selectAll().where('id', '=', vaultId).executeTakeFirst()
  if (row === undefined || row.keySecretId === null) throw noVault(vaultId)
  const secretId = as === 'keeper' ? (row.keeperSecretId ?? row.writerSecretId) : row.writerSecretId
  const purpose = as === 'keeper' && row.keeperSecretId !== null ? vaultSecrets.keeper : vaultSecrets.writer
  const credentials =
    secretId === null ? undefined : (JSON.parse((await secrets.get(secretId, purpose)).toString('utf8')) as S3Credentials)
  const password = await secrets.get(row.keySecretId, vaultSecrets.key)
  const opened = await vaults.open({ location: row.location, credentials, password }, signal)
  if (row.repositoryId === null || opened.repository.config.id === row.repositoryId) return { row, ...opened }
  await opened[Symbol.asyncDispose]()
  throw otherVault(row.name, row.location)
}

/** Opens a vault and locks it beside others that add to it; jobs of this process share one lock. */
export async function openSession(
  parts: WorkerParts,
  vaultId: string | null,
  signal: AbortSignal,
): Promise<VaultSession & AsyncDisposable & { readonly row: OpenVault['row'] }> {
  await using stack = new AsyncDisposableStack()
  const vault = stack.use(await openVault(parts, vaultId, 'writer', signal))
  const lock = stack.use(await vault.lock.join(signal))
  const kept = stack.move()
  const { row, repository, kept: known } = vault
  const { confirmed } = lock
  return { row, repository, kept: known, signal: lock.signal, confirmed, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

function noVault(vaultId: string | null): CoffreError {
  return new CoffreError('object.missing', `there is no vault ${vaultId ?? ''}`, { hint: 'Was it deleted meanwhile?' })
}

function otherVault(name: string, location: string): CoffreError {
  return new CoffreError('repository.damaged', `what lies at ${location} is not the vault ${name} but another repository`, {
    hint: 'Nothing was changed. Put the vault back to its place, or find out who replaced it.',
  })
}
