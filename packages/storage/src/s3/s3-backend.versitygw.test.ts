import { after } from 'node:test'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { systemContext } from '@coffre/foundation'
import { type BucketOptions, backendContract, startVersitygw } from '@coffre/testkit'
import { openS3Backend } from './open-s3-backend.ts'

const service = await startVersitygw()
const client = service.client()
after(async () => {
  client.destroy()
  await service[Symbol.asyncDispose]()
})
let vaults = 0

function subjects(bucket: string, options: BucketOptions, prefix: string) {
  const made = service.createBucket(bucket, options)
  return async () => {
    await made
    const location = service.location(bucket, vaults++ === 0 ? '' : `${prefix}${vaults}`)
    const settings = { location, credentials: async () => service.credentials, partBytes: 5 << 20, conditionalCreate: true }
    const backend = await openS3Backend(settings, systemContext, new AbortController().signal)
    const plant = async (path: string, bytes: Uint8Array): Promise<void> => {
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: `${location.prefix}/${path}`, Body: bytes }))
    }
    return { backend, plant }
  }
}

backendContract('S3', subjects('plain', {}, 'a/b'))
backendContract('S3 with versions', subjects('versioned', { versioning: true }, 'v'))
backendContract('S3 with object lock', subjects('locked', { objectLock: true }, 'l'))
