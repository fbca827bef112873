import { join } from 'node:path'
import type { Command } from '../measure/measure.ts'
import type { BackupTool, Place } from './backup-tool.ts'
import { fetchedProgram, firstLineOf, plainEnvironment } from './fetched-program.ts'

const program = (): string => fetchedProgram('COFFRE_RESTIC')

export const restic: BackupTool = {
  name: 'restic',
  verifies: 'everything',
  measures: 'everything',
  needs: ['restic'],
  version: () => firstLineOf(program(), ['version']),
  prepare: (place) => [resticCommand(place, '/', ['init'])],
  backup: (place, { folder, name }) => resticCommand(place, folder, ['backup', name]),
  restore: (place) => resticCommand(place, '/', ['restore', 'latest', '--target', place.target]),
  restoredFolder: (place, { name }) => join(place.target, name),
  check: (place) => resticCommand(place, '/', ['check', '--read-data']),
}

export const resticWithoutExtraVerify: BackupTool = {
  ...restic,
  name: 'restic --no-extra-verify',
  verifies: 'nothing',
  measures: 'backups',
  backup: (place, { folder, name }) => resticCommand(place, folder, ['backup', name, '--no-extra-verify']),
}

/** A restic command on the repository of a place. */
export function resticCommand(place: Place, cwd: string, args: readonly string[]): Command {
  const where = [
    '--repo',
    place.repository,
    '--password-file',
    place.passwordFile,
    '--cache-dir',
    join(place.state, 'cache'),
    '--quiet',
  ]
  return { program: program(), args: [...args, ...where], cwd, env: plainEnvironment(place.state) }
}
