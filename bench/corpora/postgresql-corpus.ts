import { join } from 'node:path'
import { runCommand } from '../../tools/run-command.ts'
import type { Corpus } from './corpus.ts'
import { PostgresqlServer } from './postgresql-server.ts'

const benchScale = 60
const transactions = 60_000
const clients = 4

export const postgresqlCorpus: Corpus = {
  name: 'pg1',
  description: `a PostgreSQL 18 data directory after pgbench -i -s ${benchScale}, and after ${transactions.toLocaleString('en')} transactions`,
  recipe: 1,
  needs: ['postgresql-18'],
  async make(folder, divisor, report) {
    const postgres = process.env['COFFRE_POSTGRESQL_18']
    if (postgres === undefined) throw new Error('PostgreSQL was not fetched: COFFRE_POSTGRESQL_18 is not set')
    await using server = await PostgresqlServer.create(postgres)
    await server.start()
    const scale = Math.ceil(benchScale / divisor)
    report(`pgbench -i -s ${scale}`)
    await server.pgbench(['--initialize', '--quiet', `--scale=${scale}`])
    await server.stop()
    await copyFolder(server.dataFolder, join(folder, 'content'))
    await server.start()
    const each = Math.ceil(transactions / divisor / clients)
    report(`pgbench with ${each * clients} transactions`)
    await server.pgbench([`--client=${clients}`, '--jobs=2', `--transactions=${each}`, '--random-seed=1', '--no-vacuum'])
    await server.stop()
    await copyFolder(server.dataFolder, join(folder, 'changed'))
  },
}

/** With the times to the nanosecond, by which a changed file is told from one that stayed. */
async function copyFolder(source: string, target: string): Promise<void> {
  const { exitCode, stderr } = await runCommand('cp', ['-R', '--preserve=mode,timestamps', source, target])
  if (exitCode !== 0) throw new Error(`cp could not copy ${source}: ${stderr.trim()}`)
}
