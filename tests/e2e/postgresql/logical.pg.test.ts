import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { PostgresServer } from '@coffre/testkit'
import { ServerProcess } from '../server/server-process.ts'

const password = 'Managed-Reader-9'

let source: PostgresServer
let target: PostgresServer
let server: ServerProcess

before(async () => {
  source = await PostgresServer.start(15, {
    hba: ['host replication all 127.0.0.1/32 reject', 'host all reader 127.0.0.1/32 scram-sha-256'],
  })
  await source.query(`create role reader login password '${password}'; grant pg_read_all_data to reader`)
  await source.query('create database shop')
  await source.query(
    "create table orders (id int primary key, what text); insert into orders select n, 'order ' || n from generate_series(1, 500) n",
    undefined,
    'shop',
  )
  target = await PostgresServer.start(18)
  server = await ServerProcess.start({
    COFFRE_POSTGRESQL_15: source.installation.binFolder,
    COFFRE_POSTGRESQL_18: target.installation.binFolder,
  })
})
after(async () => {
  await server?.[Symbol.asyncDispose]()
  await source?.[Symbol.asyncDispose]()
  await target?.[Symbol.asyncDispose]()
})

test('a server that lets nobody replicate is protected by dumps, and comes back in a newer one', async () => {
  assert.equal((await server.cli('vault', 'create', 'main')).code, 0)
  const url = `postgres://reader:${password}@127.0.0.1:${source.port}/`
  const refused = await server.cli('protect', url, '--name', 'crm', '--vault', 'main', '--logical', '--continuous')
  assert.equal(refused.code, 47, refused.stderr)
  assert.match(refused.stderr, /keepsLog needs physical mode/)
  const made = await server.cli('protect', url, '--name', 'crm', '--vault', 'main', '--logical')
  assert.equal(made.code, 0, made.stderr)
  const saved = await server.cli('backup', 'crm', '--wait')
  assert.equal(saved.code, 0, saved.stderr)
  const into = `postgres://postgres@127.0.0.1:${target.port}/`
  const restored = await server.cli('restore', 'crm', '--into', into, '--wait')
  assert.equal(restored.code, 0, restored.stderr)
  const sums = 'select count(*)::int as n, sum(hashtext(o::text)) as sum from orders o'
  assert.deepEqual(await target.query(sums, undefined, 'shop'), await source.query(sums, undefined, 'shop'))
  const again = await server.cli('restore', 'crm', '--into', into, '--wait')
  assert.match(again.stderr, /has shop already/)
  assert.notEqual(again.code, 0)
  for (const { stdout, stderr } of [made, saved, restored]) assert.ok(!`${stdout}${stderr}`.includes(password))
})
