import { addAbortSignal, Readable } from 'node:stream'
import { GetObjectCommand } from '@aws-sdk/client-s3'
import { CoffreError, throwIfAborted } from '@coffre/foundation'
import type { ByteRange, FileHandle } from '../backend.ts'
import { fileTruncated, targetFor } from '../storage-error.ts'
import type { S3Connection } from './s3-connection.ts'
import { s3Error } from './s3-error.ts'

export interface Download {
  readonly file: FileHandle
  readonly range: ByteRange | undefined
  readonly versionId?: string
  readonly target?: Uint8Array | undefined
}

/** Reads a file, a range that is not empty, or a version, straight into its place. */
export async function download(
  connection: S3Connection,
  { file, range, versionId, target }: Download,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const doing = `load ${connection.keyOf(file)}`
  const command = new GetObjectCommand({
    Bucket: connection.bucket,
    Key: connection.keyOf(file),
    VersionId: versionId,
    Range: range && `bytes=${range.offset}-${range.offset + range.length - 1}`,
  })
  const answer = await connection.request(doing, signal, (client, request) => client.send(command, request))
  if (!(answer.Body instanceof Readable)) throw new CoffreError('storage.unavailable', `cannot ${doing}: the answer has no body`)
  const body = addAbortSignal(signal, answer.Body)
  try {
    if (range !== undefined && answer.ContentRange === undefined && answer.ContentLength !== range.length) {
      throw new CoffreError('storage.unsupported', `cannot ${doing}: the store does not serve ranges`)
    }
    const length = range?.length ?? answer.ContentLength ?? 0
    const view = targetFor(length, target)
    let filled = 0
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      if (filled + chunk.byteLength > length)
        throw new CoffreError('storage.unavailable', `cannot ${doing}: the answer is longer than its length`)
      await connection.options.downloadLimiter?.take(chunk.byteLength, signal)
      view.set(chunk, filled)
      filled += chunk.byteLength
    }
    if (filled < length) throw fileTruncated(file, connection.location, range, filled)
    return view
  } catch (error) {
    throwIfAborted(signal)
    throw s3Error(error, doing)
  } finally {
    body.destroy()
  }
}
