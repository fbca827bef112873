import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PutBucketPolicyCommand, type S3Client } from '@aws-sdk/client-s3'
import type { Repository } from '@coffre/repository'
import { formatLocation, type RetentionMode, type S3Credentials } from '@coffre/storage'
import { storedLocks, temporaryFolder, type Versitygw } from '@coffre/testkit'
import { createVault } from '../vaults/create-vault.ts'
import { lockPolicyOf } from '../vaults/lock-policy.ts'
import { vaultPolicies } from '../vaults/vault-policies.ts'
import { openVault } from '../worker/open-vault.ts'
import { contextAhead } from './later-time.ts'
import type { TestPeople } from './test-people.ts'
import { TestWorker } from './test-worker.ts'

const signal = new AbortController().signal

/** A vault with a lock in a bucket, with a writer and a keeper who may do what its policies say, and a source. */
export interface LockedStage extends AsyncDisposable {
  readonly name: string
  readonly vaultId: string
  readonly bucket: string
  readonly recoveryKey: string
  readonly writer: S3Credentials
  readonly keeper: S3Credentials
  /** What the source is. */
  readonly folder: string
  readonly worker: TestWorker
  /** A worker whose clock is ahead. */
  workerAhead(byMs: number): Promise<TestWorker>
  /** A worker at a later time: what the storage says of the time is ahead, too. */
  workerLater(aheadMs: () => number): Promise<TestWorker>
  /** Opens the vault as the keeper. */
  opened<Result>(use: (repository: Repository) => Promise<Result>): Promise<Result>
  /** Every content in the vault but for lock files, with its retention. */
  stored(): ReturnType<typeof storedLocks>
}

export async function stageLockedVault(its: TestPeople, service: Versitygw, mode: RetentionMode): Promise<LockedStage> {
  await using stack = new AsyncDisposableStack()
  const { path: folder } = stack.use(await temporaryFolder())
  const bucket = `${mode}-bucket`
  await service.createBucket(bucket, { objectLock: true })
  const location = formatLocation(service.location(bucket, 'vault'))
  const [writer, keeper] = [await service.createUser(`writer-${mode}`), await service.createUser(`keeper-${mode}`)]
  const lock = { mode, minRetentionDays: 7, maxRetentionDays: 60 }
  await letIn(service, bucket, { name: mode, location, lock: lockPolicyOf({ ...lock, lockMode: mode }) }, { writer, keeper })
  const tenant = { orgId: its.orgId, projectId: its.projectId }
  const worker = await TestWorker.start(its, { tenant })
  const order = { projectId: its.projectId, name: mode, location, lock, writerCredentials: writer, keeperCredentials: keeper }
  const rest = { region: undefined, classification: undefined, tags: {} }
  const made = await createVault(worker.parts, { ...order, ...rest }, async () => undefined, signal)
  await writeFile(join(folder, 'file'), `the content of ${mode}`)
  await worker.source(`docs-${mode}`, folder)
  const opened: LockedStage['opened'] = async (use) => {
    await using vault = await openVault(worker.parts, made.id, 'keeper', signal)
    return use(vault.repository)
  }
  const kept = stack.move()
  return {
    name: mode,
    vaultId: made.id,
    bucket,
    recoveryKey: made.recoveryKey,
    writer,
    keeper,
    folder,
    worker,
    workerAhead: (byMs) => TestWorker.start(its, { tenant, context: contextAhead(() => byMs) }),
    workerLater: (aheadMs) => TestWorker.start(its, { tenant, aheadMs }),
    opened,
    stored: () =>
      opened(async ({ backend: { objectLock } }) => {
        if (objectLock === undefined) throw new Error('the bucket has no object lock')
        return (await storedLocks(objectLock, signal)).filter(({ version }) => version.type !== 'lock')
      }),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

/** The policies of the vault as a policy of the bucket. The service does not know the condition on terms: that is tested as text. */
async function letIn(
  service: Versitygw,
  bucket: string,
  vault: Parameters<typeof vaultPolicies>[0],
  users: { readonly writer: S3Credentials; readonly keeper: S3Credentials },
): Promise<void> {
  const policies = vaultPolicies(vault)
  const statements = (['writer', 'keeper'] as const).flatMap((who) =>
    policies[who].Statement.filter(({ Condition }) => Condition === undefined).map(({ Sid: _sid, ...statement }) => ({
      ...statement,
      Principal: { AWS: [users[who].accessKeyId] },
    })),
  )
  const policy = { Version: '2012-10-17', Statement: statements }
  await withClient(service, undefined, async (client) => {
    await client.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: JSON.stringify(policy) }))
  })
}

/** As whoever owns the storage, unless it is a user. */
export async function withClient<Result>(
  service: Versitygw,
  user: S3Credentials | undefined,
  use: (client: S3Client) => Promise<Result>,
): Promise<Result> {
  const client = service.client(user)
  try {
    return await use(client)
  } finally {
    client.destroy()
  }
}
