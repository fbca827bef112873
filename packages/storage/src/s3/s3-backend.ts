import {
  DeleteObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
} from '@aws-sdk/client-s3'
import { CoffreError, type Context, isCoffreError } from '@coffre/foundation'
import type {
  Backend,
  BackendAbilities,
  ByteRange,
  FileHandle,
  FileInfo,
  FileType,
  ObjectLock,
  SaveOptions,
  SaveResult,
} from '../backend.ts'
import { fileExists, fileTruncated, lockUnsupported, targetFor } from '../storage-error.ts'
import { awsRegionOf, type S3Connection } from './s3-connection.ts'
import { download } from './s3-download.ts'
import { removeUnfinishedUploads } from './s3-leftovers.ts'
import { S3ObjectLock } from './s3-object-lock.ts'
import { type Upload, upload } from './s3-upload.ts'

/** A vault in a bucket. Each method makes one attempt: what may be tried again is for `RetryBackend`. */
export class S3Backend implements Backend {
  readonly location: string
  readonly abilities: BackendAbilities
  readonly objectLock: ObjectLock | undefined
  readonly #connection: S3Connection
  readonly #context: Context

  constructor(connection: S3Connection, hasObjectLock: boolean, context: Context) {
    const { conditionalCreate, location } = connection.options
    this.location = connection.location
    this.abilities = { conditionalCreate: conditionalCreate ?? awsRegionOf(location.host) !== undefined, objectLock: hasObjectLock }
    this.objectLock = hasObjectLock ? new S3ObjectLock(connection) : undefined
    this.#connection = connection
    this.#context = context
  }

  async create(signal: AbortSignal): Promise<void> {
    const { bucket } = this.#connection
    try {
      await this.#connection.request(`use the bucket ${bucket}`, signal, (client, request) =>
        client.send(new HeadBucketCommand({ Bucket: bucket }), request),
      )
    } catch (error) {
      // HEAD has no body to tell a missing bucket from a missing object.
      if (!isCoffreError(error, 'storage.missing')) throw error
      throw new CoffreError('storage.bucket-missing', `the bucket ${bucket} does not exist`, {
        hint: 'Make the bucket first, or correct its name.',
        cause: error,
      })
    }
  }

  async save(file: FileHandle, body: readonly Uint8Array[], options: SaveOptions, signal: AbortSignal): Promise<SaveResult> {
    if (options.retention !== undefined && !this.abilities.objectLock) throw lockUnsupported(this.location)
    const whole = { file, body, options }
    return options.ifAbsent ? this.#saveIfAbsent(whole, signal) : upload(this.#connection, whole, signal)
  }

  /** A store answers a save only when it is durable. */
  async flush(): Promise<void> {}

  async load(file: FileHandle, range: ByteRange | undefined, signal: AbortSignal, target?: Uint8Array): Promise<Uint8Array> {
    if (range?.length !== 0) return download(this.#connection, { file, range, target }, signal)
    // HTTP has no range of nothing.
    const { sizeBytes } = (await this.stat(file, signal)) ?? {}
    if (sizeBytes === undefined) return download(this.#connection, { file, range: undefined, target }, signal)
    if (sizeBytes < range.offset) throw fileTruncated(file, this.location, range, 0)
    return targetFor(0, target)
  }

  async stat(file: FileHandle, signal: AbortSignal): Promise<FileInfo | undefined> {
    const command = new HeadObjectCommand({ Bucket: this.#connection.bucket, Key: this.#connection.keyOf(file) })
    try {
      const answer = await this.#connection.request(`look at ${this.#connection.keyOf(file)}`, signal, (client, request) =>
        client.send(command, request),
      )
      return { ...file, sizeBytes: answer.ContentLength ?? 0 }
    } catch (error) {
      if (isCoffreError(error, 'storage.missing')) return undefined
      throw error
    }
  }

  async *list(type: FileType, signal: AbortSignal, below = ''): AsyncGenerator<FileInfo> {
    const Prefix = this.#connection.prefixOf(type, below)
    let next: { ContinuationToken?: string | undefined; StartAfter?: string } | undefined = {}
    while (next !== undefined) {
      const command: ListObjectsV2Command = new ListObjectsV2Command({ Bucket: this.#connection.bucket, Prefix, ...next })
      const page: ListObjectsV2CommandOutput = await this.#connection.request(`list ${Prefix}`, signal, (client, request) =>
        client.send(command, request),
      )
      for (const { Key, Size } of page.Contents ?? []) {
        const file = this.#connection.fileAt(type, Key)
        if (file?.name.startsWith(below)) yield { ...file, sizeBytes: Size ?? 0 }
      }
      const StartAfter = this.#connection.skipTo(type, page.Contents?.at(-1)?.Key)
      if (!page.IsTruncated) next = undefined
      else next = StartAfter === undefined ? { ContinuationToken: page.NextContinuationToken } : { StartAfter }
    }
  }

  async remove(file: FileHandle, signal: AbortSignal): Promise<void> {
    const command = new DeleteObjectCommand({ Bucket: this.#connection.bucket, Key: this.#connection.keyOf(file) })
    try {
      await this.#connection.request(`remove ${this.#connection.keyOf(file)}`, signal, (client, request) =>
        client.send(command, request),
      )
    } catch (error) {
      if (!isCoffreError(error, 'storage.missing')) throw error
    }
  }

  removeLeftovers(olderThanMs: number, signal: AbortSignal): Promise<number> {
    return removeUnfinishedUploads(this.#connection, new Date(this.#context.clock.nowMs() - olderThanMs), signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#connection.close()
  }

  /**
   * The condition is sent to every store, also to those that may ignore it; for them it is looked first. Some stores refuse the
   * condition as such, and some take a delete marker for the file: both are then saved without.
   */
  async #saveIfAbsent(whole: Upload, signal: AbortSignal): Promise<SaveResult> {
    const isThere = async (): Promise<boolean> => (await this.stat(whole.file, signal)) !== undefined
    if (!this.abilities.conditionalCreate && (await isThere())) throw fileExists(whole.file, this.location)
    try {
      return await upload(this.#connection, whole, signal)
    } catch (error) {
      if (!isCoffreError(error, 'storage.exists', 'storage.unsupported')) throw error
      if (await isThere()) throw fileExists(whole.file, this.location, error)
    }
    return upload(this.#connection, { ...whole, options: { ...whole.options, ifAbsent: false } }, signal)
  }
}
