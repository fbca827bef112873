import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { findTool, PostgresServer, temporaryFolder } from '@coffre/testkit'
import { Captured, makeBase, makeVault, nowUs, vaultPassword } from './captured.ts'

const run = promisify(execFile)
const page = new URL('../../../docs/connectors/postgresql.md', import.meta.url)

test('what the page says brings a server back by stock restic and PostgreSQL alone', async () => {
  await using folder = await temporaryFolder()
  await using server = await PostgresServer.start(16, { settings: { max_slot_wal_keep_size: '8GB' } })
  const space = await server.makeFolder('space')
  await server.query(`create tablespace elsewhere location '${space}'`)
  await server.query('create table orders (n int, t text); create table more (n int) tablespace elsewhere')
  const repository = await makeVault(join(folder.path, 'vault'))
  const captured = new Captured(repository, [server])
  await captured.until(await nowUs(server))
  await server.query('insert into orders select n, repeat(md5(n::text), 30) from generate_series(1, 30000) n')
  await makeBase(repository, [server])
  await server.query('insert into orders select n, repeat(md5(n::text), 30) from generate_series(1, 30000) n')
  await server.query('insert into more select generate_series(1, 500)')
  const sums =
    'select count(*)::int as n, md5(string_agg(n::text || t, $1 order by n, t)) as sum, (select count(*)::int from more) as more from orders'
  const wanted = await server.query(sums, [','])
  await captured.until(await nowUs(server))
  await captured.folded()
  await captured.stop()

  await using restored = await PostgresServer.over(16, async (data) => {
    const [, script] = /```sh\n([\s\S]*?)```/.exec(await readFile(page, 'utf8')) ?? []
    assert.ok(script)
    await run('sh', ['-c', script], {
      env: {
        ...process.env,
        PATH: `${dirname(findTool('restic', 'COFFRE_RESTIC'))}:${process.env['PATH']}`,
        RESTIC_REPOSITORY: join(folder.path, 'vault'),
        RESTIC_PASSWORD: vaultPassword,
        RESTIC_CACHE_DIR: join(folder.path, 'cache'),
        DATA: data,
        LOG: join(dirname(data), 'log'),
      },
    })
    // What root has restored is given to who runs the server.
    await server.own(dirname(data))
  })
  await restored.start()
  await restored.logged(/archive recovery complete/)
  assert.deepEqual(await restored.query(sums, [',']), wanted)
})
