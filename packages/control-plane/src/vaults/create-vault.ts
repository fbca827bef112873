import { CoffreError, type Context } from '@coffre/foundation'
import { addKey, initRepository, listKeys, type Repository, removeKey } from '@coffre/repository'
import type { Backend, RetentionMode, S3Credentials } from '@coffre/storage'
import type { Catalogue } from '../catalogue/database.ts'
import { nameTaken } from '../catalogue/name-taken.ts'
import { newId } from '../catalogue/new-id.ts'
import { isUniqueViolation } from '../catalogue/unique-violation.ts'
import type { ApiCall } from '../http/api-call.ts'
import type { SecretStore } from '../secrets/secret-store.ts'
import { newRecoveryKey } from './recovery-key.ts'
import { recoveryKit } from './recovery-kit.ts'
import type { VaultPlaces } from './vault-places.ts'
import { vaultSecrets } from './vault-secrets.ts'

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
  const row = await reserve(parts, request, location).catch((error: unknown) => {
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
  const repository = await openOrInit(parts, storage, password, request, row, signal)
  try {
    const recoveryKey = newRecoveryKey(context.random)
    const keyFile = await addRecoveryKey(repository, storage, recoveryKey, signal)
    await markAvailable(parts, request, row, location, repository.config.id, audit)
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
  for (const { id, isCurrent, username } of await listKeys(repository, () => undefined, signal))
    if (!isCurrent && username === recoveryIdentity.username) await removeKey(repository, id, signal)
  const name = await addKey(repository, Buffer.from(recoveryKey), recoveryIdentity, signal)
  const content = Buffer.from(await storage.load({ type: 'key', name }, undefined, signal)).toString('utf8')
  return { name, content }
}

async function markAvailable(
  { catalogue }: VaultParts,
  request: NewVault,
  { id }: ReservedVault,
  location: string,
  repositoryId: string,
  audit: AuditWithin,
): Promise<void> {
  const { name, lock } = request
  await catalogue.transaction().execute(async (transaction) => {
    await transaction.updateTable('vault').set({ state: 'AVAILABLE', repositoryId }).where('id', '=', id).execute()
    await audit({ target: `vault:${id}`, detail: { name, location, lock: lock ?? null } }, transaction)
  })
}

async function forgetReservation({ catalogue }: VaultParts, { id }: ReservedVault): Promise<void> {
  await catalogue.transaction().execute(async (transaction) => {
    await transaction.deleteFrom('tag').where('objectId', '=', id).execute()
    const gone = await transaction
      .deleteFrom('vault')
      .where('id', '=', id)
      .where('state', '=', 'CREATING')
      .returning(['keySecretId', 'writerSecretId', 'keeperSecretId'])
      .executeTakeFirst()
    const secretIds = Object.values(gone ?? {}).filter((secretId) => secretId !== null)
    if (secretIds.length > 0) await transaction.deleteFrom('secret').where('id', 'in', secretIds).execute()
  })
}

interface ReservedVault {
  readonly id: string
  /** False when an earlier attempt made it. */
  readonly isNew: boolean
  readonly keySecretId: string
}

function refuseContradiction(lock: VaultLock | undefined): void {
  const { minRetentionDays = 1, maxRetentionDays = Number.POSITIVE_INFINITY } = lock ?? {}
  if (minRetentionDays <= maxRetentionDays) return
  const problem = `the least retention of the lock, ${minRetentionDays} days, is more than its greatest, ${maxRetentionDays}`
  throw new CoffreError('policy.retention-invalid', problem, { hint: 'Give a greatest retention that is not less.' })
}

function placeTaken(location: string): CoffreError {
  return new CoffreError('object.exists', `there is a vault at ${location} already`, {
    hint: 'Choose another place, or use that vault.',
  })
}

/** The row of the vault, or that of an earlier attempt at the same one that did not end. */
async function reserve(parts: VaultParts, request: NewVault, location: string): Promise<ReservedVault> {
  const { catalogue, secrets, context } = parts
  return catalogue.transaction().execute(async (transaction) => {
    const known = await transaction
      .selectFrom('vault')
      .select(['id', 'state', 'location', 'keySecretId'])
      .where('projectId', '=', request.projectId)
      .where('name', '=', request.name)
      .where('deletionDate', 'is', null)
      .forUpdate()
      .executeTakeFirst()
    if (known !== undefined) {
      if (known.state !== 'CREATING' || known.location !== location || known.keySecretId === null)
        throw nameTaken('vault', request.name)
      return { id: known.id, keySecretId: known.keySecretId, isNew: false }
    }
    const project = await transaction
      .selectFrom('project')
      .select(['accountLabel', 'regionLabel'])
      .where('id', '=', request.projectId)
      .executeTakeFirstOrThrow()
    const put = (purpose: string, secret: Uint8Array) => secrets.put(request.projectId, purpose, secret, transaction)
    const credentials = (given: S3Credentials | undefined, purpose: string) =>
      given === undefined ? null : put(purpose, Buffer.from(JSON.stringify(given)))
    const id = newId(context)
    const keySecretId = await put(vaultSecrets.key, Buffer.from(Buffer.from(context.random.bytes(32)).toString('base64url')))
    await transaction
      .insertInto('vault')
      .values({
        id,
        projectId: request.projectId,
        accountLabel: project.accountLabel,
        regionLabel: request.region ?? project.regionLabel,
        name: request.name,
        kind: 'BACKUP_VAULT',
        state: 'CREATING',
        location,
        classification: request.classification ?? null,
        keySecretId,
        writerSecretId: await credentials(request.writerCredentials, vaultSecrets.writer),
        keeperSecretId: await credentials(request.keeperCredentials, vaultSecrets.keeper),
        ...lockColumns(request, context),
        createdAt: new Date(context.clock.nowMs()),
      })
      .execute()
    const tags = Object.entries(request.tags).map(([key, value]) => ({ key, value }))
    const tagged = { projectId: request.projectId, objectKind: 'vault', objectId: id } as const
    if (tags.length > 0)
      await transaction
        .insertInto('tag')
        .values(tags.map((tag) => ({ ...tagged, ...tag })))
        .execute()
    return { id, keySecretId, isNew: true }
  })
}

function lockColumns({ lock }: NewVault, { clock }: Context) {
  if (lock === undefined) return {}
  const { mode, minRetentionDays, maxRetentionDays, changeableForDays } = lock
  const isCompliance = mode === 'compliance'
  const changeable = isCompliance ? (changeableForDays ?? leastChangeableDays) : undefined
  return {
    lockMode: mode,
    minRetentionDays: minRetentionDays ?? null,
    maxRetentionDays: maxRetentionDays ?? null,
    changeableForDays: changeable ?? null,
    lockDate: changeable === undefined ? null : new Date(clock.nowMs() + changeable * dayMs),
  }
}

/** What its key file says of who holds the recovery key. */
const recoveryIdentity = { username: 'recovery', hostname: 'coffre' }

const dayMs = 86_400_000
/** As AWS has it: time enough to notice a mistake that would last for years. */
const leastChangeableDays = 3

async function openOrInit(
  { places }: VaultParts,
  storage: Backend,
  password: Uint8Array,
  { lock }: NewVault,
  { isNew }: ReservedVault,
  signal: AbortSignal,
): Promise<Repository> {
  const config = { type: 'config', name: '' } as const
  if (!isNew && (await storage.stat(config, signal)) !== undefined) return places.openRepository(storage, password, signal)
  const isLocked = lock !== undefined && storage.objectLock !== undefined
  const settings = isLocked ? { lock: { mode: lock.mode, days: lock.minRetentionDays ?? 1 } } : {}
  return initRepository(storage, places.repositoryContext(), { password, ...settings }, signal)
}
