import type { Context } from '@coffre/foundation'
import type { ByteRange, DefaultRetention, FileHandle, FileType, ObjectLock, ObjectVersion, Retention } from '../backend.ts'
import { type RetryPolicy, retry } from './retry.ts'
import { retryListing } from './retry-listing.ts'

/** The object lock of a `RetryBackend`: all its operations are idempotent, so each may simply be tried again. */
export class RetryObjectLock implements ObjectLock {
  readonly #inner: ObjectLock
  readonly #context: Context
  readonly #policy: RetryPolicy

  constructor(inner: ObjectLock, context: Context, policy: RetryPolicy) {
    this.#inner = inner
    this.#context = context
    this.#policy = policy
  }

  versions(type: FileType, signal: AbortSignal, below?: string): AsyncGenerator<ObjectVersion> {
    const keyOf = (version: ObjectVersion): string => `${version.name} ${version.versionId}`
    return retryListing(this.#context, this.#policy, signal, () => this.#inner.versions(type, signal, below), keyOf)
  }

  versionsOf(file: FileHandle, signal: AbortSignal): Promise<readonly ObjectVersion[]> {
    return this.#retry(signal, () => this.#inner.versionsOf(file, signal))
  }

  loadVersion(file: FileHandle, versionId: string, range: ByteRange | undefined, signal: AbortSignal): Promise<Uint8Array> {
    return this.#retry(signal, () => this.#inner.loadVersion(file, versionId, range, signal))
  }

  removeVersion(file: FileHandle, versionId: string, signal: AbortSignal): Promise<void> {
    return this.#retry(signal, () => this.#inner.removeVersion(file, versionId, signal))
  }

  retention(file: FileHandle, versionId: string, signal: AbortSignal): Promise<Retention | undefined> {
    return this.#retry(signal, () => this.#inner.retention(file, versionId, signal))
  }

  extend(file: FileHandle, versionId: string, retention: Retention, signal: AbortSignal): Promise<void> {
    return this.#retry(signal, () => this.#inner.extend(file, versionId, retention, signal))
  }

  legalHold(file: FileHandle, versionId: string, held: boolean, signal: AbortSignal): Promise<void> {
    return this.#retry(signal, () => this.#inner.legalHold(file, versionId, held, signal))
  }

  isHeld(file: FileHandle, versionId: string, signal: AbortSignal): Promise<boolean> {
    return this.#retry(signal, () => this.#inner.isHeld(file, versionId, signal))
  }

  storeTime(signal: AbortSignal): Promise<Date> {
    return this.#retry(signal, () => this.#inner.storeTime(signal))
  }

  defaultRetention(signal: AbortSignal): Promise<DefaultRetention | undefined> {
    return this.#retry(signal, () => this.#inner.defaultRetention(signal))
  }

  #retry<Result>(signal: AbortSignal, attempt: () => Promise<Result>): Promise<Result> {
    return retry(this.#context, this.#policy, signal, attempt)
  }
}
