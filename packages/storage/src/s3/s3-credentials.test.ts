import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryFolder } from '@coffre/testkit'
import { s3CredentialsFrom } from './s3-credentials.ts'

const env = { AWS_ACCESS_KEY_ID: 'AK', AWS_SECRET_ACCESS_KEY: 'SK' }

test('variables give credentials, with a session token where there is one', async () => {
  assert.deepEqual(await s3CredentialsFrom(env)(), { accessKeyId: 'AK', secretAccessKey: 'SK' })
  const session = { ...env, AWS_SESSION_TOKEN: 'ST' }
  assert.deepEqual(await s3CredentialsFrom(session)(), { accessKeyId: 'AK', secretAccessKey: 'SK', sessionToken: 'ST' })
})

test('half of the variables is an error that names the other half and no secret', () => {
  assert.throws(() => s3CredentialsFrom({ AWS_ACCESS_KEY_ID: 'AK' }), {
    code: 'storage.credentials',
    message: /AWS_SECRET_ACCESS_KEY is not set/,
  })
  assert.throws(() => s3CredentialsFrom({ AWS_SECRET_ACCESS_KEY: 'SK', AWS_ACCESS_KEY_ID: '' }), {
    code: 'storage.credentials',
    message: /AWS_ACCESS_KEY_ID is not set/,
  })
})

test('a profile that was asked for goes before the variables, AWS_PROFILE after them', async () => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'credentials')
  await writeFile(file, '[other]\naws_access_key_id = AO\naws_secret_access_key = SO\naws_session_token = TO\n')
  const files = { AWS_SHARED_CREDENTIALS_FILE: file, AWS_CONFIG_FILE: join(folder.path, 'none') }
  const asked = await s3CredentialsFrom({ ...env, ...files }, 'other')()
  assert.deepEqual([asked.accessKeyId, asked.secretAccessKey, asked.sessionToken], ['AO', 'SO', 'TO'])
  assert.equal((await s3CredentialsFrom({ ...files, AWS_PROFILE: 'other' })()).accessKeyId, 'AO')
  assert.equal((await s3CredentialsFrom({ ...env, ...files, AWS_PROFILE: 'other' })()).accessKeyId, 'AK')
  await assert.rejects(s3CredentialsFrom(files, 'absent')(), { code: 'storage.credentials', message: /profile absent/ })
})
