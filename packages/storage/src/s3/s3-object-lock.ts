import {
  DeleteObjectCommand,
  GetObjectLegalHoldCommand,
  GetObjectRetentionCommand,
  HeadBucketCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  PutObjectLegalHoldCommand,
  PutObjectRetentionCommand,
} from '@aws-sdk/client-s3'
import { CoffreError, isCoffreError } from '@coffre/foundation'
import type { ByteRange, DefaultRetention, FileHandle, FileType, ObjectLock, ObjectVersion, Retention } from '../backend.ts'
import { type Ask, headersOf, type S3Connection } from './s3-connection.ts'
import { download } from './s3-download.ts'
import { s3ErrorName } from './s3-error.ts'
import { lockConfiguration } from './s3-lock-configuration.ts'

interface VersionTarget {
  readonly Bucket: string
  readonly Key: string
  readonly VersionId: string
}

/** S3 Object Lock, always by version id: without one, S3 answers for whatever version is on top. */
export class S3ObjectLock implements ObjectLock {
  readonly #connection: S3Connection

  constructor(connection: S3Connection) {
    this.#connection = connection
  }

  async *versions(type: FileType, signal: AbortSignal, below = ''): AsyncGenerator<ObjectVersion> {
    for await (const version of this.#versionsUnder(this.#connection.prefixOf(type, below), type, signal)) {
      if (version.name.startsWith(below)) yield version
    }
  }

  async versionsOf(file: FileHandle, signal: AbortSignal): Promise<readonly ObjectVersion[]> {
    const found: ObjectVersion[] = []
    for await (const version of this.#versionsUnder(this.#connection.keyOf(file), file.type, signal)) {
      if (version.name === file.name) found.push(version)
    }
    return found.sort((a, b) => Number(b.isLatest) - Number(a.isLatest) || b.modified.getTime() - a.modified.getTime())
  }

  loadVersion(file: FileHandle, versionId: string, range: ByteRange | undefined, signal: AbortSignal): Promise<Uint8Array> {
    return download(this.#connection, { file, range, versionId }, signal)
  }

  async removeVersion(file: FileHandle, versionId: string, signal: AbortSignal): Promise<void> {
    const command = new DeleteObjectCommand(this.#target(file, versionId))
    try {
      await this.#connection.request(`remove version ${versionId} of ${command.input.Key}`, signal, (client, request) =>
        client.send(command, request),
      )
    } catch (error) {
      if (isCoffreError(error, 'storage.missing')) return
      if (isCoffreError(error, 'storage.permission')) await this.#refuseIfLocked(file, versionId, error, signal)
      throw error
    }
  }

  async retention(file: FileHandle, versionId: string, signal: AbortSignal): Promise<Retention | undefined> {
    const command = new GetObjectRetentionCommand(this.#target(file, versionId))
    const answer = await this.#unlessUnlocked(`read the retention of ${command.input.Key}`, signal, (client, request) =>
      client.send(command, request),
    )
    const { Mode, RetainUntilDate } = answer?.Retention ?? {}
    if (Mode === undefined || RetainUntilDate === undefined) return undefined
    return { mode: Mode === 'COMPLIANCE' ? 'compliance' : 'governance', until: RetainUntilDate }
  }

  async extend(file: FileHandle, versionId: string, retention: Retention, signal: AbortSignal): Promise<void> {
    const current = await this.retention(file, versionId, signal)
    // Governance credentials could shorten; Coffre never asks for it.
    const weaker = current?.mode === 'compliance' && retention.mode === 'governance'
    if (current !== undefined && (weaker || current.until > retention.until)) {
      throw new CoffreError(
        'storage.locked',
        `${this.#connection.keyOf(file)} is under ${current.mode} retention until ${current.until.toISOString()}, which cannot become ${retention.mode} until ${retention.until.toISOString()}`,
        { hint: 'A retention can only be lengthened.' },
      )
    }
    const command = new PutObjectRetentionCommand({
      ...this.#target(file, versionId),
      Retention: { Mode: retention.mode === 'compliance' ? 'COMPLIANCE' : 'GOVERNANCE', RetainUntilDate: retention.until },
    })
    await this.#connection.request(`extend the retention of ${command.input.Key}`, signal, (client, request) =>
      client.send(command, request),
    )
  }

  async legalHold(file: FileHandle, versionId: string, held: boolean, signal: AbortSignal): Promise<void> {
    const command = new PutObjectLegalHoldCommand({ ...this.#target(file, versionId), LegalHold: { Status: held ? 'ON' : 'OFF' } })
    await this.#connection.request(`change the legal hold of ${command.input.Key}`, signal, (client, request) =>
      client.send(command, request),
    )
  }

  async isHeld(file: FileHandle, versionId: string, signal: AbortSignal): Promise<boolean> {
    const command = new GetObjectLegalHoldCommand(this.#target(file, versionId))
    const answer = await this.#unlessUnlocked(`read the legal hold of ${command.input.Key}`, signal, (client, request) =>
      client.send(command, request),
    )
    return answer?.LegalHold?.Status === 'ON'
  }

  async storeTime(signal: AbortSignal): Promise<Date> {
    let date: string | undefined
    const command = new HeadBucketCommand({ Bucket: this.#connection.bucket })
    command.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args)
        date = headersOf(result.response)['date']
        return result
      },
      { step: 'deserialize', priority: 'low', name: 'coffreStoreTime' },
    )
    await this.#connection.request('ask the store for its time', signal, (client, request) => client.send(command, request))
    const time = new Date(date ?? '')
    if (Number.isNaN(time.getTime())) {
      throw new CoffreError('storage.unsupported', `${this.#connection.location} does not tell its time`, {
        hint: 'Does a proxy drop the Date header?',
      })
    }
    return time
  }

  async defaultRetention(signal: AbortSignal): Promise<DefaultRetention | undefined> {
    const configuration = await lockConfiguration(this.#connection, signal)
    const { Mode, Days, Years } = configuration?.Rule?.DefaultRetention ?? {}
    if (Mode === undefined) return undefined
    return { mode: Mode === 'COMPLIANCE' ? 'compliance' : 'governance', days: Days ?? (Years ?? 0) * 365 }
  }

  #target(file: FileHandle, versionId: string): VersionTarget {
    return { Bucket: this.#connection.bucket, Key: this.#connection.keyOf(file), VersionId: versionId }
  }

  async *#versionsUnder(prefix: string, type: FileType, signal: AbortSignal): AsyncGenerator<ObjectVersion> {
    let next: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } | undefined = {}
    while (next !== undefined) {
      const command: ListObjectVersionsCommand = new ListObjectVersionsCommand({
        Bucket: this.#connection.bucket,
        Prefix: prefix,
        ...next,
      })
      const page: ListObjectVersionsCommandOutput = await this.#connection.request(
        `list the versions of ${prefix}`,
        signal,
        (client, request) => client.send(command, request),
      )
      const versions = (page.Versions ?? []).map((version) => ({ ...version, isMarker: false }))
      const markers = (page.DeleteMarkers ?? []).map((marker) => ({ ...marker, Size: 0, isMarker: true }))
      for (const { Key, VersionId, Size, IsLatest, LastModified, isMarker } of [...versions, ...markers]) {
        const file = this.#connection.fileAt(type, Key)
        if (file === undefined || VersionId === undefined || LastModified === undefined) continue
        yield { ...file, versionId: VersionId, sizeBytes: Size ?? 0, isLatest: IsLatest ?? false, isMarker, modified: LastModified }
      }
      const KeyMarker = this.#connection.skipTo(type, page.NextKeyMarker)
      if (!page.IsTruncated) next = undefined
      else
        next =
          KeyMarker === undefined ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker } : { KeyMarker }
    }
  }

  /** Undefined when the store says that there is no lock on the version. */
  async #unlessUnlocked<Answer>(doing: string, signal: AbortSignal, ask: Ask<Answer>): Promise<Answer | undefined> {
    try {
      return await this.#connection.request(doing, signal, ask)
    } catch (error) {
      if (error instanceof CoffreError && s3ErrorName(error.cause) === 'NoSuchObjectLockConfiguration') return undefined
      throw error
    }
  }

  /** Stores answer "access denied" for a lock as for a policy; the version itself tells which it was. */
  async #refuseIfLocked(file: FileHandle, versionId: string, cause: CoffreError, signal: AbortSignal): Promise<void> {
    const retention = await this.retention(file, versionId, signal)
    const now = await this.storeTime(signal)
    const isRetained = retention !== undefined && retention.until > now
    if (!isRetained && !(await this.isHeld(file, versionId, signal))) return
    const reason = isRetained ? `under ${retention.mode} retention until ${retention.until.toISOString()}` : 'under a legal hold'
    throw new CoffreError('storage.locked', `version ${versionId} of ${this.#connection.keyOf(file)} is ${reason}`, {
      hint: 'It can be removed when the lock has ended.',
      cause,
    })
  }
}
