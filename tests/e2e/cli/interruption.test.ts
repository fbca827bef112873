import assert from 'node:assert/strict'
import { readdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { CliVault, type ListedSnapshot } from './cli-vault.ts'
import { ended, said, startCoffre } from './coffre-process.ts'

const main = resolve(import.meta.dirname, '../../../packages/cli/src/main.ts')

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
  const script = '{ "$0" "$@"; echo "exit code $?" >&2; } | head -n 1'
  const { stdout, stderr } = await vault.run(['ls', 'latest', '--json'], { command: ['sh', '-c', script, process.execPath, main] })
  assert.match(stdout, /^\{.*\}\n$/)
  assert.equal(stderr, 'exit code 0\n')
  assert.deepEqual(await readdir(join(vault.repo, 'locks')), [])
})

test('results that cannot be written are an error', async () => {
  await using vault = await CliVault.create()
  await vault.succeed(['backup', 'source'])
  const script = `exec "$0" "$@" > /dev/full`
  const program = ['sh', '-c', script, process.execPath, main] as const
  const { exitCode, stderr } = await vault.run(['snapshots'], { command: [...program] })
  assert.equal(exitCode, 29)
  assert.match(stderr, /coffre: target.failed: cannot write to standard output: ENOSPC/)
})
