import { join } from 'node:path'
import { type Command, measure } from '../measure/measure.ts'
import { fetchedProgram, firstLineOf, plainEnvironment } from '../tools/fetched-program.ts'
import type { DatabasePlace, DatabaseTool } from './database-tool.ts'

const program = (): string => fetchedProgram('COFFRE_RESTIC')

/** What people without such a program do: the server's own copy, through a pipe. */
export const resticPipe: DatabaseTool = {
  name: 'pg_basebackup into restic',
  stores: 'encrypted, zstd, with the log of the base',
  needs: ['restic'],
  version: () => firstLineOf(program(), ['version']),
  async prepare(place) {
    await measure({ ...shell(place, '"$RESTIC" init') })
    return undefined
  },
  backup: (place) =>
    shell(
      place,
      'set -o pipefail; "$BIN/pg_basebackup" -h 127.0.0.1 -p "$PORT" -U postgres -D - -Ft -X fetch -c fast | "$RESTIC" backup --stdin --stdin-filename base.tar --quiet',
    ),
  restore: () => undefined,
  storedFolder: ({ folder }) => join(folder, 'repo'),
}

function shell({ folder, server }: DatabasePlace, script: string): Command {
  const { binFolder, environment } = server.installation
  const own = {
    RESTIC: program(),
    RESTIC_REPOSITORY: join(folder, 'repo'),
    RESTIC_PASSWORD: 'bench',
    BIN: binFolder,
    PORT: String(server.port),
    ...(environment['LD_LIBRARY_PATH'] === undefined ? {} : { LD_LIBRARY_PATH: environment['LD_LIBRARY_PATH'] }),
  }
  return { program: 'bash', args: ['-c', script], cwd: '/', env: { ...plainEnvironment(folder), ...own } }
}
