import type { VaultPolicies } from '@coffre/api-contract'
import { CoffreError, dayMs } from '@coffre/foundation'
import { type LockPolicy, quantumMs } from '@coffre/repository'
import { parseLocation, type S3Location } from '@coffre/storage'

interface PoliciedVault {
  readonly name: string
  readonly location: string
  readonly lock: LockPolicy | undefined
}

type PolicyStatement = VaultPolicies['writer']['Statement'][number]

/**
 * What the two credentials of a vault in a bucket need, and what they must not have (rule L7). The writer adds, reads and locks; whatever
 * it does, it destroys nothing. The keeper removes what is due. Neither breaks a governance lock, nor locks for longer than the vault
 * allows: junk that is locked for ever is paid for for ever. `storage.unsupported` for vaults on a disk.
 */
export function vaultPolicies(vault: PoliciedVault): VaultPolicies {
  const location = parseLocation(vault.location)
  if (location.kind !== 's3') {
    throw new CoffreError('storage.unsupported', `the vault ${vault.name} is on a disk, where there are no policies`, {
      hint: 'Whoever owns the folder can delete its files. A lock that holds against him needs a bucket with object lock.',
    })
  }
  const { objects, locks, bucket } = resourcesOf(location)
  const shared: readonly PolicyStatement[] = [
    { Sid: 'Look', Effect: 'Allow', Action: lookingAtBucket, Resource: [bucket] },
    { Sid: 'ReadAndAdd', Effect: 'Allow', Action: readingAndAdding, Resource: [objects] },
    ...(vault.lock === undefined ? [] : [noLongerThan(vault.lock, objects)]),
    { Sid: 'NeverTouchTheBucket', Effect: 'Deny', Action: touchingTheBucket, Resource: [bucket] },
  ]
  const writer: readonly PolicyStatement[] = [
    ...shared,
    { Sid: 'ReleaseLockFiles', Effect: 'Allow', Action: ['s3:DeleteObject'], Resource: [locks] },
    { Sid: 'NeverDestroy', Effect: 'Deny', Action: [...breaking, ...destroying], Resource: [objects] },
  ]
  const keeper: readonly PolicyStatement[] = [
    ...shared,
    { Sid: 'RemoveAndHold', Effect: 'Allow', Action: ['s3:DeleteObject', ...destroying, ...holding], Resource: [objects] },
    { Sid: 'NeverBreakALock', Effect: 'Deny', Action: breaking, Resource: [objects] },
  ]
  return { writer: documentOf(writer), keeper: documentOf(keeper) }
}

const lookingAtBucket = [
  's3:ListBucket',
  's3:ListBucketVersions',
  's3:ListBucketMultipartUploads',
  's3:GetBucketObjectLockConfiguration',
]
const readingAndAdding = [
  's3:GetObject',
  's3:GetObjectVersion',
  's3:GetObjectRetention',
  's3:GetObjectLegalHold',
  's3:PutObject',
  's3:PutObjectRetention',
  's3:AbortMultipartUpload',
]
const destroying = ['s3:DeleteObjectVersion']
const holding = ['s3:PutObjectLegalHold']
const breaking = ['s3:BypassGovernanceRetention']
const touchingTheBucket = [
  's3:DeleteBucket',
  's3:DeleteBucketPolicy',
  's3:PutBucketObjectLockConfiguration',
  's3:PutBucketPolicy',
  's3:PutBucketVersioning',
  's3:PutLifecycleConfiguration',
]

/** What S3 itself allows. */
const retentionDaysMax = 36_500

/** A file is locked for up to two quanta longer than its point (rule L2). */
function noLongerThan(lock: LockPolicy, objects: string): PolicyStatement {
  const days = Math.min(retentionDaysMax, Math.ceil(lock.daysMax + (2 * quantumMs(lock)) / dayMs))
  return {
    Sid: 'LockNoLongerThanTheVaultAllows',
    Effect: 'Deny',
    Action: ['s3:PutObject', 's3:PutObjectRetention'],
    Resource: [objects],
    Condition: { NumericGreaterThan: { 's3:object-lock-remaining-retention-days': String(days) } },
  }
}

function resourcesOf({ bucket, prefix }: S3Location) {
  const arn = `arn:aws:s3:::${bucket}`
  const below = prefix === '' ? arn : `${arn}/${prefix}`
  return { bucket: arn, objects: `${below}/*`, locks: `${below}/locks/*` }
}

function documentOf(statements: readonly PolicyStatement[]): VaultPolicies['writer'] {
  return { Version: '2012-10-17', Statement: [...statements] }
}
