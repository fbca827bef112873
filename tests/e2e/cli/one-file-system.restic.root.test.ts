import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { findTool } from '@coffre/testkit'
import { CliVault } from './cli-vault.ts'

const run = promisify(execFile)

test('--one-file-system stays where its targets are, and keeps mount points as empty folders: as restic does', async () => {
  await using vault = await CliVault.create()
  const mounts = [join(vault.source, 'mount'), join(vault.source, 'inner/mount')]
  for (const folder of mounts) {
    await mkdir(folder)
    await run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder])
  }
  try {
    for (const folder of mounts) {
      await mkdir(join(folder, 'below'))
      await writeFile(join(folder, 'below/file'), '')
      await writeFile(join(folder, 'file'), '')
    }
    const env = {
      ...process.env,
      RESTIC_REPOSITORY: vault.repo,
      RESTIC_PASSWORD_FILE: vault.passwordFile,
      RESTIC_CACHE_DIR: vault.path('c'),
    }
    for (const targets of [['source'], ['source', 'source/mount'], ['source/inner/mount']]) {
      await vault.succeed(['backup', '--one-file-system', ...targets])
      const ours = await vault.succeed(['ls', 'latest'])
      await run(findTool('restic', 'COFFRE_RESTIC'), ['backup', '--one-file-system', ...targets], { env, cwd: vault.folder })
      assert.equal(ours, await vault.succeed(['ls', 'latest']), targets.join(' '))
    }
  } finally {
    for (const folder of mounts) await run('umount', [folder])
  }
})
