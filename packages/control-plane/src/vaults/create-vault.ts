import { CoffreError } from '@coffre/foundation'
import { addKey, changeLockPolicy, initRepository, listKeys, type Repository, recordKnown, removeKey } from '@coffre/repository'
import type { Backend } from '@coffre/storage'
import { nameTaken } from '../catalogue/name-taken.ts'
import { isUniqueViolation } from '../catalogue/unique-violation.ts'
import type { ApiCall } from '../http/api-call.ts'
import { lockPolicyOf } from './lock-policy.ts'
import type { NewVault, VaultLock, VaultParts } from './new-vault.ts'
import { newRecoveryKey } from './recovery-key.ts'
import { recoveryKit } from './recovery-kit.ts'
import { columnsOf, forgetReservation, type ReservedVault, reserveVault } from './reserve-vault.ts'
import { vaultSecrets } from './vault-secrets.ts'

/** Notes in the audit log that the vault was made, within the transaction that makes it count. */
export type AuditWithin = ApiCall['audit']

export interface CreatedVault {
  readonly id: string
  /** Shown once: Coffre keeps no copy. */
  readonly recoveryKey: string
  readonly recoveryKit: string
}

/**
 * Makes a vault: its row first, in state CREATING, with the password of Coffre's own key file; then the repository; then the recovery
 * key's file; then AVAILABLE. Interrupted anywhere, the same request goes on from there, with a new recovery key, as nobody has seen
 * the one before.
 */
export async function createVault(
  parts: VaultParts,
  request: NewVault,
  audit: AuditWithin,
  signal: AbortSignal,
): Promise<CreatedVault> {
  refuseContradiction(request.lock)
  const location = await parts.places.locate(request.location, request.name)
  const row = await reserveVault(parts, request, location).catch((error: unknown) => {
    if (isUniqueViolation(error, 'vault_name')) throw nameTaken('vault', request.name)
    if (isUniqueViolation(error, 'vault_location')) throw placeTaken(location)
    throw error
  })
  try {
    return await complete(parts, request, row, location, audit, signal)
  } catch (error) {
    // Nothing was made yet, so nothing is left behind: neither of bad input nor of storage that does not answer.
    if (row.isNew && !(error instanceof StartedVaultError)) await forgetReservation(parts, row)
    throw error instanceof StartedVaultError ? error.cause : error
  }
}

async function complete(
  parts: VaultParts,
  request: NewVault,
  row: ReservedVault,
  location: string,
  audit: AuditWithin,
  signal: AbortSignal,
): Promise<CreatedVault> {
  const { secrets, places, context } = parts
  const password = await secrets.get(row.keySecretId, vaultSecrets.key)
  await using storage = await places.openStorage(location, request.writerCredentials, signal)
  if (!places.isLocal(location)) await refuseUnfit(storage, request.lock, signal)
  const repository = await openOrInit(parts, storage, password, request, row, signal)
  try {
    const recoveryKey = newRecoveryKey(context.random)
    const keyFile = await addRecoveryKey(repository, storage, recoveryKey, signal)
    await markAvailable(parts, request, row, location, repository, audit)
    const facts = { vault: request.name, location, repositoryId: repository.config.id, madeAt: new Date(context.clock.nowMs()) }
    return { id: row.id, recoveryKey, recoveryKit: recoveryKit({ ...facts, recoveryKey, keyFile }) }
  } catch (error) {
    throw new StartedVaultError(error)
  }
}

/** The repository is there: the row stays, so that the next attempt goes on from it. */
class StartedVaultError extends Error {
  override readonly name = 'StartedVaultError'

  constructor(cause: unknown) {
    super('the vault was begun', { cause })
  }
}

/** Those of earlier attempts are removed: nobody has seen them, and key files are few. */
async function addRecoveryKey(repository: Repository, storage: Backend, recoveryKey: string, signal: AbortSignal) {
  const keys = await listKeys(repository, () => undefined, signal)
  const stale = keys.filter(({ isCurrent, username }) => !isCurrent && username === recoveryIdentity.username)
  for (const { id } of stale) await removeKey(repository, id, signal)
  const name = await addKey(repository, Buffer.from(recoveryKey), recoveryIdentity, signal)
  const removed = stale.map(({ id }) => ({ type: 'key', name: id }) as const)
  // What the state knows is missed when it is gone, and in a locked vault locked with the first point.
  await recordKnown(repository, { added: [{ type: 'key', name }], removed }, signal)
  const content = Buffer.from(await storage.load({ type: 'key', name }, undefined, signal)).toString('utf8')
  return { name, content }
}

async function markAvailable(
  { catalogue }: VaultParts,
  request: NewVault,
  { id }: ReservedVault,
  location: string,
  { config, backend }: Repository,
  audit: AuditWithin,
): Promise<void> {
  const { name, lock } = request
  await catalogue.transaction().execute(async (transaction) => {
    const facts = { repositoryId: config.id, storageLocks: backend.objectLock !== undefined }
    await transaction
      .updateTable('vault')
      .set({ state: 'AVAILABLE', ...facts })
      .where('id', '=', id)
      .execute()
    await audit({ target: `vault:${id}`, detail: { name, location, lock: lock ?? null } }, transaction)
  })
}

function refuseContradiction(lock: VaultLock | undefined): void {
  const { minRetentionDays = 1, maxRetentionDays = Number.POSITIVE_INFINITY } = lock ?? {}
  if (minRetentionDays <= maxRetentionDays) return
  const problem = `the least retention of the lock, ${minRetentionDays} days, is more than its greatest, ${maxRetentionDays}`
  throw new CoffreError('policy.retention-invalid', problem, { hint: 'Give a greatest retention that is not less.' })
}

/**
 * On a local disk a lock is Coffre's word; who asks for one in a bucket means more than that. What a bucket locks by itself can never be
 * pruned (rule L4), with a lock or without.
 */
async function refuseUnfit({ objectLock, location }: Backend, lock: VaultLock | undefined, signal: AbortSignal): Promise<void> {
  if (lock !== undefined && objectLock === undefined) {
    throw new CoffreError('storage.unsupported', `${location} cannot keep a lock`, {
      hint: 'Make the bucket with object lock switched on. The credentials need s3:GetBucketObjectLockConfiguration to see it.',
    })
  }
  const found = await objectLock?.defaultRetention(signal)
  if (found === undefined) return
  throw new CoffreError('storage.unsupported', `the bucket of ${location} locks every new file for ${found.days} days by itself`, {
    hint: 'Coffre sets terms itself. Take the default retention off the bucket; object lock stays on.',
  })
}

function placeTaken(location: string): CoffreError {
  return new CoffreError('object.exists', `there is a vault at ${location} already`, {
    hint: 'Choose another place, or use that vault.',
  })
}

/** What its key file says of who holds the recovery key. */
const recoveryIdentity = { username: 'recovery', hostname: 'coffre' }

async function openOrInit(
  { places }: VaultParts,
  storage: Backend,
  password: Uint8Array,
  { lock }: NewVault,
  { isNew }: ReservedVault,
  signal: AbortSignal,
): Promise<Repository> {
  const config = { type: 'config', name: '' } as const
  const policy = lock && storage.objectLock && lockPolicyOf(columnsOf(lock))
  if (!isNew && (await storage.stat(config, signal)) !== undefined) {
    const repository = await places.openRepository(storage, password, signal)
    // The attempt before may have asked for another lock.
    if (storage.objectLock !== undefined) await changeLockPolicy(repository, policy, signal)
    return repository
  }
  return initRepository(storage, places.repositoryContext(), { password, ...(policy && { lock: policy }) }, signal)
}
