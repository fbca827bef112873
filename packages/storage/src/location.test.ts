import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatLocation, parseLocation } from './location.ts'

const s3 = (host: string, tls: boolean, bucket: string, prefix: string) => ({ kind: 's3', host, tls, bucket, prefix })
const local = (path: string) => ({ kind: 'local', path })

const valid: Readonly<Record<string, object>> = {
  '/srv/vault': local('/srv/vault'),
  'vault': local('vault'),
  './a:b': local('./a:b'),
  'a:b': local('a:b'),
  'C:/vault': local('C:/vault'),
  'local:/srv/vault': local('/srv/vault'),
  'local:s3:x': local('s3:x'),
  's3:s3.amazonaws.com/bucket': s3('s3.amazonaws.com', true, 'bucket', ''),
  's3:s3.amazonaws.com/bucket/a/b/': s3('s3.amazonaws.com', true, 'bucket', 'a/b'),
  's3:http://127.0.0.1:7070/bucket/prefix': s3('127.0.0.1:7070', false, 'bucket', 'prefix'),
  's3:https://minio.example:9000/my-bucket.x': s3('minio.example:9000', true, 'my-bucket.x', ''),
  's3://host/bucket//a': s3('host', true, 'bucket', 'a'),
  's3:http://[::1]:90/bucket': s3('[::1]:90', false, 'bucket', ''),
}

for (const [text, location] of Object.entries(valid)) {
  test(`${text} is a location`, () => {
    const parsed = parseLocation(text)
    assert.deepEqual(parsed, location)
    if (parsed.kind === 's3') assert.deepEqual(parseLocation(formatLocation(parsed)), parsed)
  })
}

const invalid: Readonly<Record<string, RegExp>> = {
  '': /is empty/,
  'local:': /path of the location is empty/,
  'sftp:user@host:/x': /kind sftp:/,
  'rest:https://host/': /kind rest:/,
  'b2:bucket': /kind b2:/,
  'https://host/bucket': /kind https:/,
  'ftp://host/x': /kind ftp:/,
  's3:': /no valid host/,
  's3:host': /no valid bucket/,
  's3:host/': /no valid bucket/,
  's3:host/Bucket': /no valid bucket/,
  's3:host/b': /no valid bucket/,
  's3:http://ho st/bucket': /no valid host/,
  's3:https://key:secret@host/bucket': /must not carry credentials/,
  's3:host/bucket?x=1': /query/,
}

for (const [text, message] of Object.entries(invalid)) {
  test(`${JSON.stringify(text)} is refused with what is supported`, () => {
    assert.throws(
      () => parseLocation(text),
      (error: Error & { code?: string; hint?: string }) => {
        assert.equal(error.code, 'usage.invalid')
        assert.match(error.message, message)
        assert.ok(!error.message.includes('secret'))
        assert.ok((error.hint ?? '') !== '')
        return true
      },
    )
  })
}
