import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import type { PostgresServer } from '@coffre/testkit'
import { type Command, measure } from '../measure/measure.ts'
import { fetchedProgram, firstLineOf, plainEnvironment } from '../tools/fetched-program.ts'
import type { DatabasePlace, DatabaseTool } from './database-tool.ts'

const program = (): string => fetchedProgram('COFFRE_BARMAN')

/** By streaming, as Coffre does; it receives log all the while, without which it makes no backup. */
export const barman: DatabaseTool = {
  name: 'barman',
  stores: 'plain, as it is',
  needs: ['barman'],
  version: async () => `barman ${(await firstLineOf(program(), ['--version'])).split(' ')[0]}`,
  async prepare(place) {
    const home = join(place.folder, 'home')
    await mkdir(home)
    await writeFile(join(place.folder, 'barman.conf'), settings(place, home))
    const { args, env } = run(place, 'receive-wal', 'bench')
    await measure(run(place, 'receive-wal', '--create-slot', 'bench'))
    const receiver = spawn(program(), [...args], { cwd: '/', env, stdio: 'ignore' })
    const ended = once(receiver, 'close')
    await untilStreaming(place.server)
    await measure(run(place, 'switch-wal', '--force', '--archive', 'bench'))
    return {
      async [Symbol.asyncDispose]() {
        await measure(run(place, 'receive-wal', '--stop', 'bench'))
        await ended
        await measure(run(place, 'receive-wal', '--drop-slot', 'bench'))
      },
    }
  },
  backup: (place) => run(place, 'backup', 'bench'),
  restore: () => undefined,
  storedFolder: ({ folder }) => join(folder, 'home'),
}

/** A segment that is switched before has been missed. */
async function untilStreaming(server: PostgresServer): Promise<void> {
  const sql = "select count(*) filter (where state = 'streaming') as n from pg_stat_replication"
  while (Number((await server.query(sql))[0]?.['n']) === 0) await server.query('select pg_sleep(0.05)')
}

function settings({ server }: DatabasePlace, home: string): string {
  const { binFolder } = server.installation
  const connection = `host=127.0.0.1 port=${server.port} user=postgres dbname=postgres`
  const lines = {
    description: 'bench',
    conninfo: connection,
    streaming_conninfo: connection,
    backup_method: 'postgres',
    streaming_archiver: 'on',
    slot_name: 'barman',
    immediate_checkpoint: 'true',
    path_prefix: binFolder,
  }
  const own = [
    '[barman]',
    `barman_home = ${home}`,
    `barman_user = ${userInfo().username}`,
    `log_file = ${join(home, 'barman.log')}`,
    'configuration_files_directory = /nowhere',
  ]
  return [...own, '[bench]', ...Object.entries(lines).map(([name, value]) => `${name} = ${value}`), ''].join('\n')
}

function run({ folder }: DatabasePlace, ...args: readonly string[]): Command {
  return { program: program(), args: ['--config', join(folder, 'barman.conf'), ...args], cwd: '/', env: plainEnvironment(folder) }
}
