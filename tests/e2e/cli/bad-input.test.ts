import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { chmod, readdir, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type ErrorCode, systemContext } from '@coffre/foundation'
import { defaultScryptCost, openLocalFiles, openRepository } from '@coffre/repository'
import { LocalBackend } from '@coffre/storage'
import { startScriptedServer } from '@coffre/testkit'
import { CliVault } from './cli-vault.ts'
import { ended, jsonLines, type RunOptions, said, startCoffre } from './coffre-process.ts'
import { expectFailure } from './expect-failure.ts'

interface BadInput {
  readonly name: string
  readonly args: readonly string[]
  readonly options?: RunOptions
  readonly code: ErrorCode
  readonly message: RegExp
  readonly hint?: RegExp
}

const main = resolve(import.meta.dirname, '../../../packages/cli/src/main.ts')
const underLimit = ['sh', '-c', 'ulimit -f 40; exec "$0" "$@"', process.execPath, main] as const

/** On one repository with one snapshot. */
const badInputs: readonly BadInput[] = [
  {
    name: 'a wrong password',
    args: ['snapshots', '-p', 'wrong'],
    code: 'repository.password',
    message: /opens none of the 1 key files/,
  },
  {
    name: 'no repository there',
    args: ['snapshots', '-r', 'source'],
    code: 'repository.missing',
    message: /source$/,
    hint: /repo init/,
  },
  { name: 'no folder there', args: ['backup', 'source', '-r', 'none'], code: 'repository.missing', message: /none$/ },
  {
    name: 'a repository that is there already',
    args: ['init'],
    code: 'repository.exists',
    message: /R already/,
    hint: /Nothing was changed/,
  },
  {
    name: 'no repository given',
    args: ['ls', 'latest', '-r', 'x', '--repository-file', 'y'],
    code: 'usage.invalid',
    message: /--repo and --repository-file/,
  },
  { name: 'no password file', args: ['snapshots', '-p', 'none'], code: 'usage.invalid', message: /cannot read none.*ENOENT/ },
  {
    name: 'an empty password file',
    args: ['snapshots', '-p', 'empty'],
    code: 'usage.invalid',
    message: /password is empty/,
    hint: /--insecure-no-password/,
  },
  {
    name: 'a password command that fails',
    args: ['snapshots', '--password-command', 'sh -c "exit 9"'],
    code: 'usage.invalid',
    message: /password command sh failed: it ended with exit code 9/,
  },
  {
    name: 'an option that is misspelt',
    args: ['backup', '--exclud', 'x', 'source'],
    code: 'usage.invalid',
    message: /no option --exclud$/,
    hint: /--exclude/,
  },
  {
    name: 'a command that is misspelt',
    args: ['snapshot'],
    code: 'usage.invalid',
    message: /no command "snapshot"/,
    hint: /snapshots/,
  },
  {
    name: 'an option of another command',
    args: ['snapshots', '--target', 'x'],
    code: 'usage.invalid',
    message: /no option --target/,
    hint: /./,
  },
  {
    name: 'an option without its value',
    args: ['restore', 'latest', '--target'],
    code: 'usage.invalid',
    message: /--target needs a value/,
  },
  {
    name: 'a value that makes no sense',
    args: ['snapshots', '--retry-lock', 'soon'],
    code: 'usage.invalid',
    message: /"soon" for --retry-lock: expected 30s, 5m/,
  },
  {
    name: 'a policy that keeps nothing',
    args: ['forget'],
    code: 'usage.invalid',
    message: /no --keep-\* option/,
    hint: /--unsafe-allow-remove-all/,
  },
  { name: 'a malformed pattern', args: ['backup', 'source', '-e', '[a'], code: 'usage.invalid', message: /--exclude.*\[a/ },
  {
    name: 'a storage that is not known',
    args: ['snapshots', '-r', 'sftp:host:/x'],
    code: 'usage.invalid',
    message: /sftp/,
    hint: /s3:/,
  },
  {
    name: 'credentials in the location',
    args: ['snapshots', '-r', 's3:http://key:secret@h/bucket'],
    code: 'usage.invalid',
    message: /must not carry credentials/,
  },
  {
    name: 'a snapshot that is not there',
    args: ['restore', 'abcdef12', '-t', 'out'],
    code: 'snapshot.missing',
    message: /abcdef12/,
    hint: /repo snapshots/,
  },
  {
    name: 'a path that is not in the snapshot',
    args: ['dump', 'latest', '/nowhere'],
    code: 'snapshot.path-missing',
    message: /\/nowhere/,
  },
  { name: 'a source that is not there', args: ['backup', 'nowhere'], code: 'source.missing', message: /nowhere/ },
  { name: 'no target', args: ['restore', 'latest'], code: 'usage.invalid', message: /--target is missing/ },
  { name: 'a target that is a file', args: ['restore', 'latest', '--target', 'P'], code: 'target.failed', message: /P/ },
  {
    name: 'a disk that takes no more',
    args: ['backup', 'large'],
    options: { command: [...underLimit] },
    code: 'storage.no-space',
    message: /larger than allowed \(EFBIG\)/,
  },
  { name: 'an upgrade that is not needed', args: ['upgrade'], code: 'usage.invalid', message: /has format 2 already/ },
  {
    name: 'a bucket without credentials',
    args: ['init', '-r', 's3:http://127.0.0.1:1/bucket', '--credentials', 'nobody'],
    code: 'storage.credentials',
    message: /profile nobody/,
  },
]

test('bad input: each has a clear message, a hint, and its own exit code', async (t: TestContext) => {
  await using vault = await CliVault.create()
  await vault.succeed(['backup', 'source', '-q'])
  await writeFile(vault.path('wrong'), 'not the password\n')
  await writeFile(vault.path('empty'), '\n')
  await writeFile(vault.path('large'), randomBytes(1e6))
  const home = { HOME: vault.folder }
  for (const { name, args, options, code, message, hint } of badInputs) {
    await t.test(name, async () => expectFailure(await vault.run(args, { ...options, env: home }), code, message, hint))
  }
  await t.test('none of it has left a lock or done damage', async () => {
    assert.deepEqual(await vault.json(['locks']), [])
    await vault.succeed(['check', '--read-data'])
  })
})

test('no password at all: nothing is asked', async () => {
  await using vault = await CliVault.create()
  const result = await vault.run(['snapshots'], { env: { COFFRE_PASSWORD_FILE: '' } })
  expectFailure(result, 'usage.invalid', /there is no password/, /Coffre never asks/)
})

test('format 1 is read and not written', async () => {
  await using vault = await CliVault.create(['--repository-version', '1'])
  expectFailure(await vault.run(['backup', 'source']), 'repository.format-old', /format 1/, /repo upgrade/)
  assert.deepEqual(await vault.json(['snapshots']), [])
  await vault.succeed(['upgrade'])
  await vault.succeed(['backup', 'source'])
})

test('a newer format is told from damage', async () => {
  await using vault = await CliVault.create()
  const password = Buffer.from('a good password')
  const { signal } = new AbortController()
  const identity = { hostname: '', username: '', uid: 0, gid: 0, processId: 1, instance: '', isProcessAlive: () => true }
  const context = { ...systemContext, identity, files: openLocalFiles(), workers: 0, scrypt: defaultScryptCost }
  const { config, workbench } = await openRepository(new LocalBackend(vault.repo, systemContext), context, { password }, signal)
  const newer = { version: 3, id: config.id, chunker_polynomial: config.chunkerPolynomial }
  const file = join(vault.repo, 'config')
  await chmod(file, 0o600)
  await writeFile(file, workbench.seal(Buffer.from(JSON.stringify(newer))))
  expectFailure(await vault.run(['snapshots']), 'repository.format-newer', /format version 3/, /newer/)
})

test('a locked repository: exit code 11, at once or after --retry-lock', async () => {
  await using vault = await CliVault.create()
  const env = { COFFRE_REPO: vault.repo, COFFRE_PASSWORD_FILE: vault.passwordFile }
  const backup = startCoffre(['repo', 'backup', '--stdin'], { env, input: '' })
  const result = ended(backup)
  await said(backup, 'parent')
  expectFailure(await vault.run(['forget', '--keep-last', '1']), 'repository.locked', /locked by process \d+ of /, /--retry-lock/)
  const waited = await vault.run(['forget', '--keep-last', '1', '--retry-lock', '1s', '--json'])
  assert.equal(waited.exitCode, 11)
  const error = jsonLines(waited.stderr).at(-1)
  assert.deepEqual([error?.['message_type'], error?.['code'], error?.['error']], ['exit_error', 11, 'repository.locked'])
  backup.stdin?.end('data')
  assert.equal((await result).exitCode, 0)
  await vault.succeed(['forget', '--keep-last', '1'])
})

test('lost data: check names it and restore names the file, each with exit code 1', async () => {
  await using vault = await CliVault.create()
  await vault.succeed(['backup', 'source'])
  const index = JSON.parse(await vault.succeed(['cat', 'index', (await readdir(join(vault.repo, 'index')))[0] ?? '']))
  const packs = (index.packs as { id: string; blobs: { type: string }[] }[]).filter(({ blobs }) => blobs[0]?.type === 'data')
  for (const { id } of packs) await rm(join(vault.repo, 'data', id.slice(0, 2), id))
  const checked = await vault.run(['check'])
  expectFailure(checked, 'repository.damaged', /the check found \d+ errors/, /repair/)
  for (const { id } of packs) assert.match(checked.stderr, new RegExp(`error: .*${id}`))
  const restored = await vault.run(['restore', 'latest', '--target', 'out'])
  expectFailure(restored, 'target.incomplete', /2 errors: the restore is incomplete/, /check --read-data/)
  assert.match(restored.stderr, /error: \/source\/one\.txt: data blob [0-9a-f]{64}/)
})

test('a store whose clock differs is not written to', async () => {
  await using server = await startScriptedServer((_request, response) => {
    response.writeHead(403, { 'content-type': 'application/xml' })
    response.end('<Error><Code>RequestTimeTooSkewed</Code><Message>too far</Message></Error>')
  })
  await using vault = await CliVault.prepare()
  const env = { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'not to be shown' }
  const result = await vault.run(['init', '-r', `s3:http://${server.host}/bucket`], { env })
  expectFailure(result, 'storage.clock-skew', /clock/, /NTP/)
  assert.doesNotMatch(result.stderr, /not to be shown/)
})

test('messages are in French where the locale says so; codes are the same', async () => {
  await using vault = await CliVault.create()
  const env = { LC_ALL: 'fr_FR.UTF-8' }
  const wrong = await vault.run(['snapshots', '-r', 'none'], { env })
  assert.equal(wrong.exitCode, 10)
  assert.match(wrong.stderr, /^coffre : repository\.missing : il n’y a pas de dépôt .*\nconseil : Vérifiez/)
  assert.match(await vault.succeed(['backup', 'source'], { env }), /instantané [0-9a-f]{8} enregistré/)
})
