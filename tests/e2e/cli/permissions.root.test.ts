import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, chown, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { CliVault } from './cli-vault.ts'
import { jsonLines } from './coffre-process.ts'
import { expectFailure } from './expect-failure.ts'

const run = promisify(execFile)
const nobody = 65534

/** A vault that belongs to nobody, in a folder that nobody may enter. */
async function nobodysVault(): Promise<CliVault> {
  const vault = await CliVault.prepare()
  await run('chown', ['-R', `${nobody}:${nobody}`, vault.folder])
  await vault.succeed(['init'], { uid: nobody })
  return vault
}

test('unreadable files and folders: the rest is backed up, and the exit code is 3', async () => {
  await using vault = await nobodysVault()
  await writeFile(join(vault.source, 'secret'), 'for root only', { mode: 0o600 })
  await mkdir(join(vault.source, 'closed'), { mode: 0o700 })
  const result = await vault.run(['backup', 'source', '--json'], { uid: nobody })
  assert.equal(result.exitCode, 3)
  const errors = jsonLines(result.stderr)
  assert.deepEqual(
    errors.filter((line) => line['message_type'] === 'error').map((line) => [line['during'], line['item']]),
    [
      ['archival', join(vault.source, 'closed')],
      ['archival', join(vault.source, 'secret')],
    ],
  )
  assert.deepEqual([errors.at(-1)?.['code'], errors.at(-1)?.['error']], [3, 'source.incomplete'])
  const summary = jsonLines(result.stdout).at(-1)
  assert.match(String(summary?.['snapshot_id']), /^[0-9a-f]{64}$/)
  expectFailure(await vault.run(['backup', 'source'], { uid: nobody }), 'source.incomplete', /2 files or folders could not be read/)
  assert.equal(await vault.succeed(['ls', 'latest']), '/source\n/source/inner\n/source/inner/two.txt\n/source/one.txt\n')
})

test('a repository that may not be written, read, or made', async () => {
  await using vault = await nobodysVault()
  await vault.succeed(['backup', 'source'], { uid: nobody })
  await chmod(join(vault.repo, 'data'), 0o500)
  await run('chmod', ['-R', 'a-w', join(vault.repo, 'data')])
  await writeFile(join(vault.source, 'new'), randomBytes(1000))
  const unwritable = await vault.run(['backup', 'source'], { uid: nobody })
  expectFailure(unwritable, 'storage.permission', /permission denied \(EACCES\)/, /permissions|owns/)
  await run('chmod', ['a-w', join(vault.repo, 'locks')])
  expectFailure(await vault.run(['snapshots'], { uid: nobody }), 'storage.permission', /cannot be locked/, /--no-lock/)
  await vault.succeed(['snapshots', '--no-lock'], { uid: nobody })
  await chown(join(vault.repo, 'config'), 0, 0)
  expectFailure(await vault.run(['snapshots', '--no-lock'], { uid: nobody }), 'storage.permission', /config/)
  await mkdir(vault.path('closed'), { mode: 0o755 })
  expectFailure(await vault.run(['init', '-r', 'closed/R'], { uid: nobody }), 'storage.permission', /EACCES/)
})

test('a restore to where nothing may be written', async () => {
  await using vault = await nobodysVault()
  await vault.succeed(['backup', 'source'], { uid: nobody })
  await mkdir(vault.path('closed'), { mode: 0o755 })
  expectFailure(
    await vault.run(['restore', 'latest', '--target', 'closed/out'], { uid: nobody }),
    'storage.permission',
    /closed\/out/,
  )
})

test('a full disk: the backup fails with a hint, what was there still restores, and space lets it go on', async () => {
  await using vault = await CliVault.prepare()
  await mkdir(vault.path('disk'))
  await run('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', vault.path('disk')])
  try {
    const env = { COFFRE_REPO: vault.path('disk/R') }
    await vault.succeed(['init'], { env })
    await vault.succeed(['backup', 'source'], { env })
    await writeFile(join(vault.source, 'large'), randomBytes(8_000_000))
    expectFailure(await vault.run(['backup', 'source'], { env }), 'storage.no-space', /no space left/, /Free some space/)
    await vault.succeed(['restore', 'latest', '--target', 'out', '--verify'], { env })
    await run('mount', ['-o', 'remount,size=64m', vault.path('disk')])
    await vault.succeed(['backup', 'source'], { env })
    await vault.succeed(['prune'], { env })
    await vault.succeed(['check', '--read-data'], { env })
  } finally {
    await run('umount', [vault.path('disk')])
  }
})
