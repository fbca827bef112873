import assert from 'node:assert/strict'
import { readdir, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { test } from 'node:test'
import { isCoffreError } from '@coffre/foundation'
import { temporaryFolder } from '@coffre/testkit'
import { loginsFile, readLogins, writeLogins } from './stored-logins.ts'

test('sign-ins are kept where nobody else can read them', async () => {
  await using folder = await temporaryFolder()
  const path = loginsFile({ XDG_CONFIG_HOME: folder.path })
  assert.deepEqual(await readLogins(path), { current: undefined, servers: {} })
  const logins = { current: 'https://a', servers: { 'https://a': { token: 't', name: 'ada' } } }
  await writeLogins(path, logins)
  await writeLogins(path, logins)
  assert.deepEqual(await readLogins(path), logins)
  assert.equal((await stat(path)).mode & 0o777, 0o600)
  assert.deepEqual(await readdir(dirname(path)), ['credentials.json'])
})

test('a file that is no JSON is named', async () => {
  await using folder = await temporaryFolder()
  const path = loginsFile({ HOME: folder.path })
  await writeLogins(path, { current: undefined, servers: {} })
  await writeFile(path, '{')
  await assert.rejects(readLogins(path), (error) => isCoffreError(error, 'usage.invalid') && error.message.includes(path))
})
