import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryFolder } from '@coffre/testkit'
import { credentialsIn } from './credentials-file.ts'

const [accessKeyId, secretAccessKey, sessionToken] = ['AK', 's=cr/t', 'to+ken==']

test('credentials in the forms that AWS tools and shells write', async () => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'credentials')
  const read = async (text: string) => {
    await writeFile(file, text)
    return credentialsIn(file)
  }
  const ini = `[other]\naws_access_key_id = no\n\n[default]\r\naws_access_key_id=${accessKeyId}\r\naws_secret_access_key = ${secretAccessKey} \n`
  assert.deepEqual(await read(ini), { accessKeyId, secretAccessKey })
  const shell = `export AWS_ACCESS_KEY_ID="${accessKeyId}"\nAWS_SECRET_ACCESS_KEY='${secretAccessKey}'\nAWS_SESSION_TOKEN=${sessionToken}\n`
  assert.deepEqual(await read(shell), { accessKeyId, secretAccessKey, sessionToken })
  for (const text of ['', `aws_access_key_id = ${accessKeyId}\n`, `[other]\n${shell}`]) {
    await assert.rejects(
      read(text),
      (error) => error instanceof Error && error.message.includes(file) && !error.message.includes(accessKeyId),
    )
  }
})

test('a name that is no file may be that of a profile, a path may not', async () => {
  assert.equal(await credentialsIn('no-such-file-here'), undefined)
  await assert.rejects(credentialsIn('./no-such-file-here'))
})
