import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { throwIfAborted } from '@coffre/foundation'
import type { FileHandle, FileType, Retention, SaveOptions, SaveResult } from '../backend.ts'
import { bodySizeBytes, concatenate, groupsOf, smallChunks } from '../body.ts'
import { forEachBounded } from '../bounded.ts'
import type { S3Connection } from './s3-connection.ts'

const defaultPartBytes = 32 << 20
const partsMax = 10_000
const partLanes = 2
const streamedFromBytes = 64 * 1024
const chunkBytes = 64 * 1024

export interface Upload {
  readonly file: FileHandle
  readonly body: readonly Uint8Array[]
  readonly options: SaveOptions
}

/** Stores a file in one request, or in parts when it is large. With `ifAbsent` the store decides, if it knows how to. */
export async function upload(connection: S3Connection, { file, body, options }: Upload, signal: AbortSignal): Promise<SaveResult> {
  const sizeBytes = bodySizeBytes(body)
  const partBytes = Math.max(connection.options.partBytes ?? defaultPartBytes, Math.ceil(sizeBytes / partsMax))
  const versionId =
    sizeBytes > partBytes
      ? await uploadParts(connection, { file, body, options }, partBytes, signal)
      : await uploadWhole(connection, { file, body, options }, signal)
  return versionId === undefined ? {} : { versionId }
}

async function uploadWhole(
  connection: S3Connection,
  { file, body, options }: Upload,
  signal: AbortSignal,
): Promise<string | undefined> {
  // Most files are named by their hash: the store itself then verifies name against content, and nothing is hashed here.
  const digest = isHashed(file.type) ? Buffer.from(file.name, 'hex') : digestOf(body)
  const command = new PutObjectCommand({
    Bucket: connection.bucket,
    Key: connection.keyOf(file),
    ...payloadOf(connection, body, signal),
    ChecksumSHA256: digest.toString('base64'),
    ...lockOf(options.retention),
    ...conditionOf(options),
  })
  const answer = await connection.request(`save ${connection.keyOf(file)}`, signal, (client, request) =>
    client.send(command, request),
  )
  return answer.VersionId
}

async function uploadParts(
  connection: S3Connection,
  { file, body, options }: Upload,
  partBytes: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const target = { Bucket: connection.bucket, Key: connection.keyOf(file) }
  const begin = new CreateMultipartUploadCommand({ ...target, ChecksumAlgorithm: 'SHA256', ...lockOf(options.retention) })
  throwIfAborted(signal)
  // To the answer, also when the caller gives up meanwhile: without its id the upload could not be given up.
  const { UploadId } = await connection.request(`begin to save ${target.Key}`, neverAborted(), (client, request) =>
    client.send(begin, request),
  )
  try {
    const parts: CompletedPart[] = []
    await forEachBounded(numbered(groupsOf(body, partBytes)), partLanes, async ([number, part]) => {
      const sums = { PartNumber: number, ChecksumSHA256: digestOf(part).toString('base64') }
      const command = new UploadPartCommand({ ...target, UploadId, ...sums, ...payloadOf(connection, part, signal) })
      const answer = await connection.request(`save part ${number} of ${target.Key}`, signal, (client, request) =>
        client.send(command, request),
      )
      parts[number - 1] = { ...sums, ETag: answer.ETag }
    })
    const end = new CompleteMultipartUploadCommand({
      ...target,
      UploadId,
      MultipartUpload: { Parts: parts },
      ...conditionOf(options),
    })
    const answer = await connection.request(`save ${target.Key}`, signal, (client, request) => client.send(end, request))
    return answer.VersionId
  } catch (error) {
    // The parts cost space until they are given up. If this fails too, removeLeftovers does it later, and the first error matters more.
    const giveUp = new AbortMultipartUploadCommand({ ...target, UploadId })
    await connection
      .request('give up an upload', neverAborted(), (client, request) => client.send(giveUp, request))
      .catch(() => undefined)
    throw error
  }
}

/** A body without a copy of it: small ones whole, others as a stream of views. */
function payloadOf(
  connection: S3Connection,
  body: readonly Uint8Array[],
  signal: AbortSignal,
): { Body: Uint8Array | Readable; ContentLength: number } {
  const length = bodySizeBytes(body)
  const limiter = connection.options.uploadLimiter
  if (length < streamedFromBytes && limiter === undefined) return { Body: concatenate(body), ContentLength: length }
  async function* paced(): AsyncGenerator<Buffer> {
    for (const chunk of smallChunks(body, chunkBytes)) {
      throwIfAborted(signal)
      await limiter?.take(chunk.byteLength, signal)
      yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    }
  }
  return { Body: length === 0 ? new Uint8Array(0) : Readable.from(paced(), { objectMode: false }), ContentLength: length }
}

/** The client's own time limits still hold. */
function neverAborted(): AbortSignal {
  return new AbortController().signal
}

function lockOf(retention: Retention | undefined): {
  ObjectLockMode?: 'GOVERNANCE' | 'COMPLIANCE'
  ObjectLockRetainUntilDate?: Date
} {
  if (retention === undefined) return {}
  return {
    ObjectLockMode: retention.mode === 'compliance' ? 'COMPLIANCE' : 'GOVERNANCE',
    ObjectLockRetainUntilDate: retention.until,
  }
}

function conditionOf(options: SaveOptions): { IfNoneMatch?: '*' } {
  return options.ifAbsent ? { IfNoneMatch: '*' } : {}
}

function isHashed(type: FileType): boolean {
  return type !== 'config' && type !== 'state' && type !== 'journal'
}

function digestOf(body: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256')
  for (const chunk of body) hash.update(chunk)
  return hash.digest()
}

function* numbered<Item>(items: Iterable<Item>): Generator<readonly [number, Item]> {
  let number = 0
  for (const item of items) yield [++number, item]
}
