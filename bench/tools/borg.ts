import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from '../measure/measure.ts'
import type { BackupTool, Place } from './backup-tool.ts'
import { fetchedProgram, firstLineOf, plainEnvironment } from './fetched-program.ts'

const program = (): string => fetchedProgram('COFFRE_BORG')

export const borg: BackupTool = {
  name: 'borg',
  verifies: 'nothing',
  measures: 'everything',
  needs: ['borg'],
  version: () => firstLineOf(program(), ['--version']),
  prepare: (place) => [run(place, '/', ['init', '--encryption', 'repokey', place.repository])],
  backup: (place, { folder, name }, label) =>
    run(place, folder, ['create', '--compression', 'zstd', `${place.repository}::${label}`, name]),
  restore: (place, _, label) => run(place, place.target, ['extract', `${place.repository}::${label}`]),
  restoredFolder: (place, { name }) => join(place.target, name),
  check: (place) => run(place, '/', ['check', '--verify-data', place.repository]),
}

function run(place: Place, cwd: string, args: readonly string[]): Command {
  const own = { BORG_PASSPHRASE: readFileSync(place.passwordFile, 'utf8').trim(), BORG_BASE_DIR: place.state }
  return { program: program(), args, cwd, env: { ...plainEnvironment(place.state), ...own } }
}
