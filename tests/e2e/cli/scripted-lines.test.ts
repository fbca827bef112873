import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { CliVault, type ListedSnapshot } from './cli-vault.ts'
import { jsonLines, runCoffre } from './coffre-process.ts'

/** The launcher itself, as other tools will call it. */
const command = [resolve(import.meta.dirname, '../../../coffre')] as const

test('the six lines that other tools script work as they stand, by the launcher, with standard input closed', async () => {
  await using vault = await CliVault.prepare()
  const { folder: cwd, source } = vault
  const [R, P, R2, P2] = ['R', 'P', 'R2', 'P2']
  await writeFile(vault.path(P2), 'another password')
  const coffre = async (...args: string[]) => {
    const result = await runCoffre(['repo', ...args], { command, cwd })
    assert.equal(result.exitCode, 0, `${args.join(' ')}: ${result.stderr}`)
    return result.stdout
  }

  await coffre('init', '--repo', R, '--password-file', P)
  await coffre('backup', source, '--repo', R, '--password-file', P)
  await writeFile(join(source, 'one.txt'), 'one, changed\n')
  await writeFile(join(source, 'three.tmp'), 'left out\n')
  const lines = jsonLines(
    await coffre('backup', source, '--repo', R, '--password-file', P, '--tag', 'nightly', '--exclude', '*.tmp', '--json'),
  )
  const summary = lines.find((line) => line['message_type'] === 'summary')
  assert.match(String(summary?.['snapshot_id']), /^[0-9a-f]{64}$/)
  assert.equal(summary?.['files_changed'], 1)

  await coffre('restore', 'latest', '--target', 'all', '--repo', R, '--password-file', P, '--verify')
  assert.equal(await readFile(join(cwd, 'all', source, 'one.txt'), 'utf8'), 'one, changed\n')
  await assert.rejects(readFile(join(cwd, 'all', source, 'three.tmp')))
  const id = String(summary?.['snapshot_id'])
  await coffre('restore', id, '--target', 'part', '--repo', R, '--password-file', P, '--include', '*.txt')
  assert.equal(await readFile(join(cwd, 'part', source, 'inner/two.txt'), 'utf8'), 'two\n'.repeat(1000))

  await coffre('check', '--read-data', '--repo', R, '--password-file', P)

  await coffre('init', '--repo', R2, '--password-file', P2)
  await coffre('copy', '--from-repo', R, '--from-password-file', P, '--repo', R2, '--password-file', P2)
  assert.equal((JSON.parse(await coffre('snapshots', '--repo', R2, '--password-file', P2, '--json')) as unknown[]).length, 2)

  // Of one day, the last snapshot is kept, and the oldest of all for want of seven days: as restic does it.
  await coffre('backup', source, '--repo', R, '--password-file', P)
  await coffre('forget', '--keep-daily', '7', '--keep-weekly', '4', '--prune', '--repo', R, '--password-file', P)
  const left = JSON.parse(await coffre('snapshots', '--repo', R, '--password-file', P, '--json')) as ListedSnapshot[]
  assert.equal(left.length, 2)
  assert.equal(
    left.some((snapshot) => snapshot.id === id),
    false,
  )
  await coffre('check', '--read-data', '--repo', R, '--password-file', P)
})

test('relative targets are laid out by what remains of their path, absolute ones by all of it', async () => {
  await using vault = await CliVault.create()
  await mkdir(vault.path('elsewhere'))
  await vault.succeed(['backup', '../source/inner'], { cwd: vault.path('elsewhere') })
  assert.equal(await vault.succeed(['ls', 'latest']), '/source\n/source/inner\n/source/inner/two.txt\n')
  await vault.succeed(['backup', '.'], { cwd: vault.source })
  assert.equal(await vault.succeed(['ls', 'latest']), '/inner\n/inner/two.txt\n/one.txt\n')
})
