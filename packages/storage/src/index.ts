export type {
  Backend,
  BackendAbilities,
  ByteRange,
  DefaultRetention,
  FileHandle,
  FileInfo,
  FileType,
  ObjectLock,
  ObjectVersion,
  Retention,
  RetentionMode,
  SaveOptions,
  SaveResult,
} from './backend.ts'
export { bodySizeBytes, concatenate } from './body.ts'
export { forEachBounded } from './bounded.ts'
export { LimitBackend, type Limits } from './decorator/limit-backend.ts'
export { ReadOnlyBackend, type SwallowedChanges } from './decorator/read-only-backend.ts'
export { defaultRetryPolicy, type RetryPolicy, retry } from './decorator/retry.ts'
export { RetryBackend } from './decorator/retry-backend.ts'
export { fileAt, fileTypes, isLeftoverName, isNameOf, leftoverPath, pathOf } from './layout.ts'
export { LocalBackend, type LocalOptions } from './local/local-backend.ts'
export { formatLocation, type LocalLocation, type Location, parseLocation, type S3Location } from './location.ts'
export { LockingMemoryBackend } from './memory/locking-memory-backend.ts'
export {
  applyLeftover,
  applyOperation,
  MemoryBackend,
  type MemoryOperation,
  type MemoryOptions,
  type StoredFiles,
  type Verdict,
} from './memory/memory-backend.ts'
export { type OpenOptions, openBackend } from './open-backend.ts'
export { RateLimiter } from './rate-limiter.ts'
export { openS3Backend } from './s3/open-s3-backend.ts'
export { type Environment, s3CredentialsFrom } from './s3/s3-credentials.ts'
export type { S3CredentialProvider, S3Credentials, S3Options, TlsOptions } from './s3/s3-options.ts'
