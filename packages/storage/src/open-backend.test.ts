import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { CoffreError } from '@coffre/foundation'
import { fakeContext, temporaryFolder } from '@coffre/testkit'
import type { FileHandle } from './backend.ts'
import { parseLocation } from './location.ts'
import { openBackend } from './open-backend.ts'

const signal = new AbortController().signal
const config: FileHandle = { type: 'config', name: '' }
const noS3 = { s3: () => assert.fail('a local vault asks for no S3 settings') }

test('a local vault is opened with limits, and waits as they say', async () => {
  await using folder = await temporaryFolder()
  const context = fakeContext()
  const options = { ...noS3, uploadKibPerSecondMax: 100, downloadKibPerSecondMax: 0 }
  await using backend = await openBackend(parseLocation(folder.path), options, context, signal)
  await backend.save(config, [new Uint8Array(1 << 20)], {}, signal)
  assert.ok(context.clock.monotonicMs() > 9000)
  const savedMs = context.clock.monotonicMs()
  await backend.load(config, undefined, signal)
  assert.equal(context.clock.monotonicMs(), savedMs)
})

test('an S3 location asks for its settings', async () => {
  const refused = new CoffreError('storage.credentials', 'none')
  const s3 = () => ({ credentials: () => Promise.reject(refused) })
  await assert.rejects(openBackend(parseLocation('s3:http://127.0.0.1:1/bucket'), { s3 }, fakeContext(), signal), refused)
})

test('the SDK is not loaded for a local vault', async () => {
  await using folder = await temporaryFolder()
  const script = `
    import { createRequire } from 'node:module'
    import { systemContext } from '@coffre/foundation'
    import { openBackend, parseLocation, s3CredentialsFrom } from '@coffre/storage'
    s3CredentialsFrom({ AWS_PROFILE: 'x' })
    const backend = await openBackend(parseLocation(process.argv[1]), {}, systemContext, new AbortController().signal)
    await backend.create(new AbortController().signal)
    const loaded = Object.keys(createRequire(process.argv[2]).cache)
    process.stdout.write(String(loaded.filter((path) => path.includes('@aws-sdk') || path.includes('@smithy')).length))
    const { S3Client } = await import('@aws-sdk/client-s3')
    process.stdout.write(S3Client && Object.keys(createRequire(process.argv[2]).cache).some((path) => path.includes('@aws-sdk')) ? ' then more' : '')
  `
  const args = ['--input-type=module', '--eval', script, join(folder.path, 'vault'), import.meta.filename]
  const output = execFileSync(process.execPath, args, { cwd: import.meta.dirname, encoding: 'utf8' })
  assert.equal(output, '0 then more')
})
