import {
  GetBucketPolicyCommand,
  HeadBucketCommand,
  ListObjectVersionsCommand,
  PutBucketPolicyCommand,
  PutObjectRetentionCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { systemContext } from '@coffre/foundation'
import type { Versitygw } from '@coffre/testkit'
import { withClient } from './locked-stage.ts'

const termMs = 3000
const pollMs = 100

/**
 * What no test can wait for: every governance term in the bucket ends, really, in the storage. Its owner, who lets himself bypass
 * governance for that, makes them end within seconds; resolves when the storage's own clock says that they have. Legal holds stay.
 */
export async function endTerms(service: Versitygw, bucket: string): Promise<void> {
  await withClient(service, undefined, async (client) => {
    await allowBypass(client, service.credentials.accessKeyId, bucket)
    let until = new Date(0)
    const { Versions = [], IsTruncated } = await client.send(new ListObjectVersionsCommand({ Bucket: bucket }))
    if (IsTruncated === true) throw new Error(`${bucket} has more versions than one listing tells`)
    for (const { Key, VersionId } of Versions) {
      if (Key?.includes('/locks/') === true) continue
      // Each anew: what lies in the past is refused, and a slow machine takes its time for many.
      until = new Date((await storeTime(client, bucket)).getTime() + termMs)
      const Retention = { Mode: 'GOVERNANCE', RetainUntilDate: until } as const
      const target = { Bucket: bucket, Key, VersionId, BypassGovernanceRetention: true }
      await client.send(new PutObjectRetentionCommand({ ...target, Retention }))
    }
    while ((await storeTime(client, bucket)) <= until) await systemContext.clock.sleep(pollMs, new AbortController().signal)
  })
}

async function allowBypass(client: S3Client, owner: string, Bucket: string): Promise<void> {
  const Resource = `arn:aws:s3:::${Bucket}/*`
  const statement = { Effect: 'Allow', Principal: { AWS: [owner] }, Action: ['s3:BypassGovernanceRetention'], Resource }
  const present = await client.send(new GetBucketPolicyCommand({ Bucket })).catch(() => ({ Policy: undefined }))
  const { Statement } = JSON.parse(present.Policy ?? '{"Statement":[]}') as { readonly Statement: readonly unknown[] }
  const policy = { Version: '2012-10-17', Statement: [...Statement, statement] }
  await client.send(new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify(policy) }))
}

/** By the Date of its answer. */
async function storeTime(client: S3Client, Bucket: string): Promise<Date> {
  const command = new HeadBucketCommand({ Bucket })
  let date = ''
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args)
      date = (result.response as { readonly headers: Readonly<Record<string, string>> }).headers['date'] ?? ''
      return result
    },
    { step: 'deserialize', priority: 'low' },
  )
  await client.send(command)
  return new Date(date)
}
