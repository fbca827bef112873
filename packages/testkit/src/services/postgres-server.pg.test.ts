import assert from 'node:assert/strict'
import { test } from 'node:test'
import { postgresMajors } from './postgres-installation.ts'
import { PostgresServer } from './postgres-server.ts'

for (const major of postgresMajors) {
  test(`PostgreSQL ${major} starts, survives a kill, and has a standby that takes over`, async () => {
    await using server = await PostgresServer.start(major, { settings: { wal_level: 'replica' }, initdbArgs: ['--data-checksums'] })
    assert.match(String((await server.query('show server_version'))[0]?.['server_version']), new RegExp(`^${major}\\.`))
    await server.query('create table t (n int); insert into t values (1), (2)')
    await server.kill()
    assert.equal(server.isRunning, false)
    await server.start()
    assert.deepEqual(await server.query('select count(*)::int as n from t'), [{ n: 2 }])
    await using standby = await server.standby()
    assert.deepEqual(await standby.query('select pg_is_in_recovery() as is'), [{ is: true }])
    await server.stop()
    await standby.promote()
    assert.deepEqual(await standby.query('select count(*)::int as n, pg_is_in_recovery() as is from t'), [{ n: 2, is: false }])
    assert.match(await standby.run('psql', ['--no-align', '--tuples-only', '--command', 'select 7']), /^7/)
  })
}
