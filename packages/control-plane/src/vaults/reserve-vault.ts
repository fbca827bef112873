import { type Context, dayMs } from '@coffre/foundation'
import type { S3Credentials } from '@coffre/storage'
import { nameTaken } from '../catalogue/name-taken.ts'
import { newId } from '../catalogue/new-id.ts'
import type { NewVault, VaultLock, VaultParts } from './new-vault.ts'
import { vaultSecrets } from './vault-secrets.ts'

/** A row in state CREATING. */
export interface ReservedVault {
  readonly id: string
  /** False when an earlier attempt made it. */
  readonly isNew: boolean
  readonly keySecretId: string
}

/** The row of the vault, or that of an earlier attempt at the same one that did not end. */
export async function reserveVault(parts: VaultParts, request: NewVault, location: string): Promise<ReservedVault> {
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
      await transaction.updateTable('vault').set(lockColumns(request, context)).where('id', '=', known.id).execute()
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
  if (lock === undefined)
    return { lockMode: null, minRetentionDays: null, maxRetentionDays: null, changeableForDays: null, lockDate: null }
  const isCompliance = lock.mode === 'compliance'
  const changeable = isCompliance ? (lock.changeableForDays ?? leastChangeableDays) : undefined
  return {
    ...columnsOf(lock),
    changeableForDays: changeable ?? null,
    lockDate: changeable === undefined ? null : new Date(clock.nowMs() + changeable * dayMs),
  }
}

/** As the catalogue has a lock. */
export function columnsOf({ mode, minRetentionDays, maxRetentionDays }: VaultLock) {
  return { lockMode: mode, minRetentionDays: minRetentionDays ?? null, maxRetentionDays: maxRetentionDays ?? null }
}

/** Takes the row away again, and the secrets with it, unless somebody has completed the vault. */
export async function forgetReservation({ catalogue }: VaultParts, { id }: ReservedVault): Promise<void> {
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

/** As AWS has it: time enough to notice a mistake that would last for years. */
const leastChangeableDays = 3
