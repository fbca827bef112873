import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
} from '@aws-sdk/client-s3'
import { isCoffreError } from '@coffre/foundation'
import { fileTypes } from '../layout.ts'
import type { S3Connection } from './s3-connection.ts'

/** Gives up the multipart uploads of the vault's files that were begun at or before `before`, and resolves to their number. */
export async function removeUnfinishedUploads(connection: S3Connection, before: Date, signal: AbortSignal): Promise<number> {
  let removed = 0
  for (const type of fileTypes) {
    const Bucket = connection.bucket
    const Prefix = connection.prefixOf(type)
    let next: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } | undefined = {}
    while (next !== undefined) {
      const listing: ListMultipartUploadsCommand = new ListMultipartUploadsCommand({ Bucket, Prefix, ...next })
      const page: ListMultipartUploadsCommandOutput = await connection.request(
        `list the unfinished uploads of ${Prefix}`,
        signal,
        (client, request) => client.send(listing, request),
      )
      for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
        if (connection.fileAt(type, Key) === undefined || Initiated === undefined || Initiated > before) continue
        const giveUp = new AbortMultipartUploadCommand({ Bucket, Key, UploadId })
        try {
          await connection.request(`give up an upload of ${Key}`, signal, (client, request) => client.send(giveUp, request))
          removed++
        } catch (error) {
          // Ended by its owner since the listing.
          if (!isCoffreError(error, 'storage.missing')) throw error
        }
      }
      next = page.IsTruncated ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker } : undefined
    }
  }
  return removed
}
