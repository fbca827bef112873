import assert from 'node:assert/strict'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { startScriptedServer, temporaryFolder } from '@coffre/testkit'
import { apiScript } from '../testing/api-script.ts'
import { cliAgainst } from '../testing/cli-against.ts'
import { exampleJob } from '../testing/example-objects.ts'
import { passwordIn } from './postgresql-password-file.ts'

const url = {
  members: [
    { host: 'one', port: 5432 },
    { host: '::1', port: 7 },
  ],
  database: 'shop',
  user: 'keeper',
}

test('the first line that fits has the password, as libpq reads it', () => {
  const table: readonly (readonly [content: string, password: string | undefined])[] = [
    ['one:5432:shop:keeper:secret', 'secret'],
    ['one:5432:shop:keeper:secret\r\n', 'secret'],
    ['# one:5432:shop:keeper:no\n\none:5432:shop:keeper:yes\n', 'yes'],
    ['*:*:*:*:any\none:5432:shop:keeper:later', 'any'],
    ['two:*:*:*:no\none:5433:*:*:no\none:*:other:*:no\none:*:*:somebody:no\none:*:*:*:yes', 'yes'],
    [String.raw`\:\:1:7:shop:keeper:six`, 'six'],
    ['::1:7:shop:keeper:no', undefined],
    // A host and a port of two members are nobody's.
    ['one:7:shop:keeper:no', undefined],
    ['one:5432:replication:keeper:streamed', 'streamed'],
    [String.raw`one:5432:shop:keeper:a\:b\\c\d`, String.raw`a:b\cd`],
    ['one:5432:shop:keeper:a:b', 'a'],
    ['one:5432:shop:keeper:ends in \\', 'ends in \\'],
    [String.raw`one:5432:shop:\*:no`, undefined],
    ['one:5432:shop:keeper:', ''],
    ['one:5432:shop:keeper', undefined],
    [String.raw`one:5432:shop:keeper\:no`, undefined],
    ['One:5432:shop:keeper:no', undefined],
    ['', undefined],
  ]
  for (const [content, password] of table) assert.equal(passwordIn(content, url), password, JSON.stringify(content))
  assert.equal(passwordIn(String.raw`one:5432:sh\:op:\*:yes`, { ...url, database: 'sh:op', user: '*' }), 'yes')
})

test('a file that others may read is not used, and that is said', async () => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'passwords')
  await writeFile(file, 'db:*:*:*:from the file\n')
  const body = exampleJob({ kind: 'RESTORE' })
  const given = async (path: string, language = 'en_GB.UTF-8') => {
    await using server = await startScriptedServer(apiScript({ 'POST /sources/docs/restores': { status: 202, body } }))
    const environment = { PGPASSFILE: path, PGPASSWORD: 'from the environment', LANG: language }
    const { stderr, exitCode } = await cliAgainst(server.host, ['restore', 'docs', '--into', 'postgres://u@db/shop'], {
      environment,
    })
    const [request] = server.requests
    const sent = request === undefined ? undefined : JSON.parse(request.body.toString())
    return { exitCode, stderr, password: sent?.into.secrets?.password as string | undefined }
  }
  for (const mode of [0o600, 0o400]) {
    await chmod(file, mode)
    assert.deepEqual(await given(file), { exitCode: 0, stderr: '', password: 'from the file' })
  }
  for (const mode of [0o640, 0o604, 0o620]) {
    await chmod(file, mode)
    const { stderr, password } = await given(file)
    assert.equal(password, 'from the environment')
    assert.match(stderr, /passwords .*chmod 0600/)
  }
  assert.match((await given(file, 'fr_FR.UTF-8')).stderr, /n’est pas utilisé/)
  const other = join(folder.path, 'folder')
  await mkdir(other, { mode: 0o700 })
  assert.equal((await given(other)).password, 'from the environment')
  assert.equal((await given(join(folder.path, 'missing'))).exitCode, 20)
})
