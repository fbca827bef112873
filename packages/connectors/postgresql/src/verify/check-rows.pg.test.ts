import assert from 'node:assert/strict'
import { truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { PostgresServer } from '@coffre/testkit'
import { checkRows } from './check-rows.ts'

const { signal } = new AbortController()
const pageBytes = 8192

async function table(server: PostgresServer, name: string): Promise<string> {
  await server.query(`create table ${name} (n int primary key, filler text)`)
  await server.query(`insert into ${name} select n, repeat('x', 500) from generate_series(1, 100) n`)
  const [row] = await server.query(`select pg_relation_filepath('${name}') as path`)
  return join(server.dataFolder, String(row?.['path']))
}

test('a table that has lost its last pages is found by its indexes, whether its rows are known to be visible or not', async () => {
  await using server = await PostgresServer.start(18)
  await table(server, 'whole')
  const frozen = await table(server, 'frozen')
  const fresh = await table(server, '"fresh ""one"""')
  await server.query('vacuum (freeze) frozen')
  await server.query('create table partial (n int); create index on partial (n) where n > 1; insert into partial values (1)')
  await server.query("select lo_from_bytea(0, repeat('large', 3000)::bytea)")
  await noteLogins(server)
  const { major, port } = server
  const check = () => checkRows({ socketFolder: '127.0.0.1', port, user: 'postgres', major }, 'postgres', signal)
  assert.deepEqual(await check(), [])
  await server.stop()
  for (const path of [frozen, fresh]) await truncate(path, 3 * pageBytes)
  await server.start()
  const messages = (await check()).map(({ code, message }) => `${code} ${message}`)
  assert.equal(messages.length, 2, messages.join('\n'))
  assert.match(messages[0] ?? '', /^postgresql\.rows-missing postgres: public\.frozen has \d\d rows, and its indexes have 100$/)
  assert.match(messages[1] ?? '', /^postgresql\.rows-missing postgres: public\."fresh ""one""" cannot be counted: .*could not read/)
  const logins = await server.query("select distinct who from logins where who = 'coffre_verify'")
  assert.deepEqual(logins, [], 'a login of ours was acted on')
})

async function noteLogins(server: PostgresServer): Promise<void> {
  await server.query('create table logins (who text)')
  const body = "begin insert into logins values (current_setting('application_name')); end"
  await server.query(`create function note_login() returns event_trigger language plpgsql as $$ ${body} $$`)
  await server.query('create event trigger logins on login execute function note_login()')
}
