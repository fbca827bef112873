import { GetObjectLockConfigurationCommand, type ObjectLockConfiguration } from '@aws-sdk/client-s3'
import { CoffreError } from '@coffre/foundation'
import type { S3Connection } from './s3-connection.ts'
import { s3ErrorName } from './s3-error.ts'

/** How the bucket locks objects; undefined when it does not. */
export async function lockConfiguration(
  connection: S3Connection,
  signal: AbortSignal,
): Promise<ObjectLockConfiguration | undefined> {
  const command = new GetObjectLockConfigurationCommand({ Bucket: connection.bucket })
  try {
    const answer = await connection.request(
      `read the object lock configuration of the bucket ${connection.bucket}`,
      signal,
      (client, request) => client.send(command, request),
    )
    return answer.ObjectLockConfiguration
  } catch (error) {
    if (error instanceof CoffreError && s3ErrorName(error.cause) === 'ObjectLockConfigurationNotFoundError') return undefined
    throw error
  }
}
