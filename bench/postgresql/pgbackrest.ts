import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Command, measure } from '../measure/measure.ts'
import { fetchedProgram, firstLineOf, plainEnvironment } from '../tools/fetched-program.ts'
import type { DatabasePlace, DatabaseTool } from './database-tool.ts'

const program = (): string => fetchedProgram('COFFRE_PGBACKREST')

/** Reads the data folder itself, beside the server; what is stored is counted without the log that archiving would add. */
export const pgBackRest: DatabaseTool = {
  name: 'pgbackrest',
  stores: 'encrypted, zst 1, 2 processes, without log',
  needs: ['pgbackrest'],
  version: () => firstLineOf(program(), ['version']),
  async prepare(place) {
    await writeFile(join(place.folder, 'pgbackrest.conf'), settings(place))
    for (const name of ['repo', 'log', 'lock', 'spool']) await mkdir(join(place.folder, name))
    await measure(run(place, 'stanza-create'))
    return undefined
  },
  backup: (place, kind) => run(place, `--type=${kind === 'first' ? 'full' : 'incr'}`, 'backup'),
  restore: (place, target) => run(place, `--pg1-path=${target}`, '--type=none', 'restore'),
  storedFolder: ({ folder }) => join(folder, 'repo'),
}

function settings({ folder, server }: DatabasePlace): string {
  const lines = {
    'repo1-path': join(folder, 'repo'),
    'repo1-cipher-type': 'aes-256-cbc',
    'repo1-cipher-pass': 'bench',
    'compress-type': 'zst',
    'compress-level': 1,
    'process-max': 2,
    'log-path': join(folder, 'log'),
    'lock-path': join(folder, 'lock'),
    'spool-path': join(folder, 'spool'),
    'log-level-console': 'warn',
    'log-level-file': 'off',
    'start-fast': 'y',
    'archive-check': 'n',
  }
  const stanza = {
    'pg1-path': server.dataFolder,
    'pg1-port': server.port,
    'pg1-socket-path': server.folder,
    'pg1-user': 'postgres',
  }
  const write = (values: object) => Object.entries(values).map(([name, value]) => `${name}=${value}`)
  return ['[global]', ...write(lines), '[bench]', ...write(stanza), ''].join('\n')
}

function run({ folder }: DatabasePlace, ...args: readonly string[]): Command {
  const config = join(folder, 'pgbackrest.conf')
  return { program: program(), args: [`--config=${config}`, '--stanza=bench', ...args], cwd: '/', env: plainEnvironment(folder) }
}
