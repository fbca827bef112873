import { join } from 'node:path'
import { projectRoot } from '../../tools/project-root.ts'
import { runCommand } from '../../tools/run-command.ts'
import type { Command } from '../measure/measure.ts'
import type { BackupTool, Place } from './backup-tool.ts'
import { firstLineOf, plainEnvironment } from './fetched-program.ts'

const program = join(projectRoot, 'coffre')

export const coffre: BackupTool = {
  name: 'coffre',
  verifies: 'every tree and manifest; of data, 1 blob in 16',
  measures: 'everything',
  needs: [],
  version: versionWithCommit,
  prepare: (place) => [coffreCommand(place, '/', ['init'])],
  backup: (place, { folder, name }) => coffreCommand(place, folder, ['backup', name]),
  restore: (place) => coffreCommand(place, '/', ['restore', 'latest', '--target', place.target]),
  restoredFolder: (place, { name }) => join(place.target, name),
  check: (place) => coffreCommand(place, '/', ['check', '--read-data']),
}

export const coffreVerifyingAll: BackupTool = {
  ...coffre,
  name: 'coffre --verify-writes all',
  verifies: 'everything',
  measures: 'backups',
  backup: (place, { folder, name }) => coffreCommand(place, folder, ['backup', name, '--verify-writes', 'all']),
}

export function coffreCommand(place: Place, cwd: string, args: readonly string[]): Command {
  const where = ['--repo', place.repository, '--password-file', place.passwordFile, '--quiet']
  return { program, args: ['repo', ...args, ...where], cwd, env: plainEnvironment(place.state) }
}

async function versionWithCommit(): Promise<string> {
  const version = await firstLineOf(program, ['--version'])
  const { exitCode, stdout } = await runCommand('git', ['describe', '--always', '--dirty'], { cwd: projectRoot })
  return exitCode === 0 ? `${version} (${stdout.trim()})` : version
}
