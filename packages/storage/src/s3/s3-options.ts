import type { S3Location } from '../location.ts'
import type { RateLimiter } from '../rate-limiter.ts'

export interface S3Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** Of temporary credentials. */
  readonly sessionToken?: string
  /** When temporary credentials end: the provider is asked again before. */
  readonly expiration?: Date
}

export type S3CredentialProvider = () => Promise<S3Credentials>

export interface TlsOptions {
  /** Trusts the certificates in this PEM file instead of the system's. */
  readonly caFile?: string
  /** Takes any certificate: whoever is on the way can then read and change the requests. */
  readonly skipVerify?: boolean
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3'
}

export interface S3Options {
  readonly location: S3Location
  readonly credentials: S3CredentialProvider
  /** By default the one in an AWS host name, else us-east-1. */
  readonly region?: string
  /** Where the bucket's name goes: by default in the host for AWS and in the path for all others. */
  readonly bucketStyle?: 'path' | 'host'
  readonly tls?: TlsOptions
  readonly connectionsMax?: number
  /** Whether the bucket has object lock. By default it is asked, which needs s3:GetBucketObjectLockConfiguration. */
  readonly objectLock?: boolean
  /** Whether the store is known to decide If-None-Match atomically. By default true for AWS only; the header is sent to all. */
  readonly conditionalCreate?: boolean
  /** Larger files are uploaded in parts of this size. At least 5 MiB, which is what S3 demands. */
  readonly partBytes?: number
  /** A request fails when nothing was sent or received for so long. */
  readonly idleTimeoutMs?: number
  /** What to add to this host's clock when it is known to be wrong. */
  readonly clockOffsetMs?: number
  readonly uploadLimiter?: RateLimiter
  readonly downloadLimiter?: RateLimiter
}
