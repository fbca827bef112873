import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CoffreError, systemContext } from '@coffre/foundation'
import { type ConnectorSubject, freePort, PostgresServer } from '@coffre/testkit'
import { createPostgresqlConnector } from '../connector.ts'
import { runEngineProgram } from '../restore/engine-program.ts'
import { settingsLike } from './clone.ts'

const password = 'Dump3d-secret-of-the-test'
const wrongPassword = 'wr0ng-dump-of-the-test'
const noSignal = new AbortController().signal
const describeSql = `select (select array[count(*), sum(hashtext(ledger::text))] from ledger)::text as ledger,
  (select array_agg(relname order by relname) from pg_class where relname like 'made%')::text as tables,
  (select array[count(*), count(distinct loid)] from pg_largeobject)::text as large`

/** A server for all subjects: they differ in nothing that a dump could tell. */
export async function logicalServer(): Promise<PostgresServer> {
  const server = await PostgresServer.start(15, { hba: ['host all saver 127.0.0.1/32 scram-sha-256'] })
  await server.query(`create role saver login password '${password}'; grant pg_read_all_data to saver`)
  await server.query('create table ledger (n bigint generated always as identity primary key, kind text, filler text)')
  await server.query("insert into ledger (kind, filler) values ('first', repeat('x', 100))")
  await server.query('create database "a/b c"')
  return server
}

/** A server whose databases a role without any right to replicate dumps. */
export async function logicalSubject(server: PostgresServer): Promise<ConnectorSubject> {
  const connector = createPostgresqlConnector(settingsLike(server))
  const members = [{ host: '127.0.0.1', port: server.port }]
  const config = { members, user: 'saver', tls: 'disable', mode: 'logical' }
  const describe = async (database = 'postgres'): Promise<unknown> => await server.query(describeSql, [], database)
  return {
    // This mode has no log.
    connector: { ...connector, abilities: { ...connector.abilities, isContinuous: false } },
    context: systemContext,
    source: { config, secrets: { password } },
    sameSource: [{ ...config, user: 'postgres' }],
    otherSources: [
      { ...config, mode: 'physical' },
      { ...config, databases: ['postgres'] },
      { ...config, members: [{ host: 'else' }] },
    ],
    wrongConfigs: [
      [{ ...config, mode: 'magical' }, 'mode'],
      [{ ...config, keepsLog: true }, 'keepsLog'],
      [{ ...config, databases: [] }, 'databases'],
      [{ ...config, databases: ['a', 'a'] }, 'databases'],
      [{ ...config, mode: 'physical', databases: ['a'] }, 'databases'],
    ],
    wrongSecrets: [{ password: 7 }],
    unreachable: { config: { ...config, members: [{ host: '127.0.0.1', port: await freePort() }] }, secrets: { password } },
    refused: { config, secrets: { password: wrongPassword } },
    secretTexts: [password, wrongPassword],
    async change() {
      await server.query(`insert into ledger (kind, filler) select 'many', repeat(md5(n::text), 10) from generate_series(1, 300) n;
        update ledger set filler = reverse(filler) where n % 3 = 0; delete from ledger where n % 7 = 0;
        do $$ begin execute format('create table %I (n int primary key)', 'made' || (select max(n) from ledger));
          execute format('grant select on large object %s to saver', lo_from_bytea(0, repeat('large', 3000)::bytea)); end $$`)
    },
    describe,
    async describeRestored({ target }) {
      if (target.kind !== 'folder') throw new Error('not restored into a folder')
      await server.query('create database restored')
      try {
        const args = ['--host=127.0.0.1', `--port=${server.port}`, '--username=postgres', '--dbname=restored', '--exit-on-error']
        const dump = join(target.path, 'databases/postgres.dump')
        const { exitCode, stderr } = await runEngineProgram(
          { folder: server.installation.binFolder },
          'pg_restore',
          [...args, dump],
          undefined,
          noSignal,
        )
        if (exitCode !== 0) throw new CoffreError('engine.failed', stderr)
        return await describe('restored')
      } finally {
        await server.query('drop database restored')
      }
    },
    async plantDifference({ target }) {
      if (target.kind === 'folder') await writeFile(join(target.path, 'globals.sql'), 'planted')
    },
    passTime: (ms) => systemContext.clock.sleep(ms, noSignal),
    async held() {
      // A server notices that a connection is gone only when it next looks.
      for (let tries = 0; ; tries++) {
        const [row] = await server.query("select count(*)::int as n from pg_stat_activity where usename = 'saver'")
        if (row?.['n'] === 0 || tries === 40) return Number(row?.['n'])
        await systemContext.clock.sleep(50, noSignal)
      }
    },
    [Symbol.asyncDispose]: async () => undefined,
  }
}
