import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import { CoffreError } from '@coffre/foundation'
import { fakeContext, startScriptedServer } from '@coffre/testkit'
import { openS3Backend } from './open-s3-backend.ts'

const content = new Uint8Array(100_000).fill(7)
const pack = { type: 'pack', name: hash('sha256', content, 'hex') } as const
const begun = '<InitiateMultipartUploadResult><UploadId>upload-7</UploadId></InitiateMultipartUploadResult>'

test('an upload whose beginning was not yet answered when the caller gives up is given up at the store, too', async () => {
  const abort = new AbortController()
  await using server = await startScriptedServer((request, response) => {
    if (request.method === 'POST' && request.url.includes('uploads')) {
      // The store's answer comes after the caller has given up.
      abort.abort(new CoffreError('repository.lease-lost', 'the lease is lost'))
      response.end(begun)
    } else response.writeHead(request.method === 'DELETE' ? 204 : 404).end()
  })
  const location = { kind: 's3', host: server.host, tls: false, bucket: 'bucket', prefix: 'p' } as const
  const credentials = async () => ({ accessKeyId: 'AK', secretAccessKey: 'SK' })
  const options = { location, credentials, objectLock: false, partBytes: 60_000 }
  await using backend = await openS3Backend(options, fakeContext(), new AbortController().signal)
  const before = server.requests.length
  await assert.rejects(backend.save(pack, [content], {}, abort.signal), { code: 'repository.lease-lost' })
  const asked = server.requests.slice(before).map(({ method, url }) => `${method} ${new URL(url, 'http://store').search}`)
  assert.equal(asked.length, 2, asked.join('\n'))
  assert.match(asked[0] ?? '', /^POST \?uploads/)
  assert.match(asked[1] ?? '', /^DELETE \?.*uploadId=upload-7/)
})
