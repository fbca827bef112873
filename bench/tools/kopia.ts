import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from '../measure/measure.ts'
import type { BackupTool, Place } from './backup-tool.ts'
import { fetchedProgram, firstLineOf, plainEnvironment } from './fetched-program.ts'

const program = (): string => fetchedProgram('COFFRE_KOPIA')

/** It compresses only when told to, and leaves out what it finds ignore files for, which the others back up. */
const policy = ['--global', '--compression=zstd', '--clear-dot-ignore', '--ignore-cache-dirs=false']

export const kopia: BackupTool = {
  name: 'kopia',
  verifies: 'nothing',
  measures: 'everything',
  needs: ['kopia'],
  version: async () => `kopia ${(await firstLineOf(program(), ['--version'])).split(' ')[0]}`,
  prepare: (place) => [
    run(place, ['repository', 'create', 'filesystem', '--path', place.repository]),
    run(place, ['policy', 'set', ...policy]),
  ],
  backup: (place, { folder, name }) => run(place, ['snapshot', 'create', join(folder, name), '--no-progress']),
  restore: (place, { folder, name }) =>
    run(place, ['restore', join(folder, name), place.target, '--snapshot-time=latest', '--no-progress']),
  restoredFolder: (place) => place.target,
  check: (place) => run(place, ['snapshot', 'verify', '--verify-files-percent=100', '--no-progress']),
}

function run(place: Place, args: readonly string[]): Command {
  const own = {
    KOPIA_PASSWORD: readFileSync(place.passwordFile, 'utf8').trim(),
    KOPIA_CONFIG_PATH: join(place.state, 'kopia.config'),
    KOPIA_CACHE_DIRECTORY: join(place.state, 'cache'),
    KOPIA_LOG_DIR: join(place.state, 'logs'),
    KOPIA_CHECK_FOR_UPDATES: 'false',
  }
  return { program: program(), args, cwd: '/', env: { ...plainEnvironment(place.state), ...own } }
}
