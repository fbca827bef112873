import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { CliVault, type ListedSnapshot } from './cli-vault.ts'
import { ended, said, startCoffre } from './coffre-process.ts'

/** A backup that waits for its standard input, so that it can be interrupted in the middle. */
async function startWaitingBackup(vault: CliVault) {
  const env = { COFFRE_REPO: vault.repo, COFFRE_PASSWORD_FILE: vault.passwordFile }
  const child = startCoffre(['repo', 'backup', '--stdin', '-v'], { cwd: vault.folder, env, input: '' })
  const result = ended(child)
  // It says so once it holds the lock and has looked for a parent.
  await said(child, 'no parent')
  return { child, result }
}

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  test(`${name} stops a backup: the lock is removed, there is no snapshot, the exit code is 130`, async () => {
    await using vault = await CliVault.create()
    const { child, result } = await startWaitingBackup(vault)
    assert.equal((await readdir(join(vault.repo, 'locks'))).length, 1)
    child.kill(name)
    const { exitCode, stderr } = await result
    assert.equal(exitCode, 130, stderr)
    assert.match(stderr, new RegExp(`coffre: interrupted: interrupted by ${name}`))
    assert.deepEqual(await readdir(join(vault.repo, 'locks')), [])
    assert.deepEqual(await vault.json<ListedSnapshot[]>(['snapshots']), [])
  })
}

test('a listing ends quietly when its reader leaves', async () => {
  await using vault = await CliVault.create()
  const names = Array.from({ length: 3000 }, (_, i) => `${'a long name '.repeat(4)}${i}`)
  await Promise.all(names.map((name) => writeFile(join(vault.source, name), '')))
  await vault.succeed(['backup', 'source'])
  const env = { COFFRE_REPO: vault.repo, COFFRE_PASSWORD_FILE: vault.passwordFile }
  const listing = startCoffre(['repo', 'ls', 'latest', '--json'], { cwd: vault.folder, env })
  const head = spawn('head', ['-n', '1'], { stdio: ['pipe', 'ignore', 'ignore'] })
  let stderr = ''
  listing.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  if (head.stdin === null) throw new Error('head has no input')
  head.stdin.on('error', () => listing.stdout?.destroy())
  listing.stdout?.pipe(head.stdin)
  const [exitCode] = await once(listing, 'close')
  assert.equal(exitCode, 0)
  assert.doesNotMatch(stderr, /coffre:|EPIPE|Error/)
  assert.deepEqual(await readdir(join(vault.repo, 'locks')), [])
})

test('results that cannot be written are an error', async () => {
  await using vault = await CliVault.create()
  await vault.succeed(['backup', 'source'])
  const script = `exec "$0" "$@" > /dev/full`
  const program = ['sh', '-c', script, process.execPath, join(import.meta.dirname, '../../../packages/cli/src/main.ts')] as const
  const { exitCode, stderr } = await vault.run(['snapshots'], { command: [...program] })
  assert.equal(exitCode, 29)
  assert.match(stderr, /coffre: target.failed: cannot write to standard output: ENOSPC/)
})
