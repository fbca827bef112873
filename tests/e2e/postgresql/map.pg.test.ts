import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { postgresqlConnector } from '@coffre/connector-postgresql'
import { lockVault, mapLog, planReplay, runRestore } from '@coffre/engine'
import { PostgresServer, postgresMajors, temporaryFolder } from '@coffre/testkit'
import { Captured, makeBase, makeVault, noSignal, nowUs, source } from './captured.ts'

for (const major of postgresMajors) {
  test(`PostgreSQL ${major}: the map of the log names the mistake, and the place just before it brings back what was lost`, async () => {
    await using folder = await temporaryFolder()
    await using server = await PostgresServer.start(major, { settings: { max_slot_wal_keep_size: '8GB' } })
    await server.query('create table orders (n int); create table notes (n int)')
    await server.query('insert into orders select generate_series(1, 5000)')
    const repository = await makeVault(join(folder.path, 'vault'))
    const captured = new Captured(repository, [server])
    const sinceUs = await nowUs(server)
    await captured.until(sinceUs)
    await makeBase(repository, [server])
    await server.query('insert into notes select generate_series(1, 100)')
    await server.query('delete from orders where n <= 2000')
    await server.query('drop table notes')
    const untilUs = await nowUs(server)
    await captured.until(untilUs)
    await captured.stop()

    await using session = await lockVault(repository, {}, noSignal)
    const minutes = await mapLog(session, postgresqlConnector, source, { sinceUs, untilUs, massMin: 1000 }, noSignal)
    const events = minutes.flatMap((minute) => minute.events)
    assert.deepEqual(
      events.map(({ kind, objects, count }) => [kind, objects, count]),
      [
        ['mass-delete', ['postgres.public.orders'], 2000],
        ['drop', ['postgres.public.notes'], undefined],
      ],
    )
    assert.ok(minutes.reduce((sum, { commits }) => sum + commits, 0) >= 3)
    const text = lsnOf(events[1]?.justBefore.offset ?? '')
    const wish = { source, target: { kind: 'position', text } } as const
    assert.ok((await planReplay(session, postgresqlConnector, wish, noSignal)).stop.lastKept)
    await using restored = await PostgresServer.over(major, async (path) => {
      const run = { pointId: undefined, wish, target: { kind: 'folder', path }, overwrite: false, verify: false } as const
      await runRestore(session, { kind: 'items', connector: postgresqlConnector }, run, () => undefined, noSignal)
    })
    await restored.start()
    await restored.logged(/archive recovery complete/)
    const counts = 'select (select count(*)::int from orders) as orders, (select count(*)::int from notes) as notes'
    assert.deepEqual(await restored.query(counts), [{ orders: 3000, notes: 100 }])
  })
}

/** As people write it: two halves. */
function lsnOf(offset: string): string {
  return `${Number.parseInt(offset.slice(0, 8), 16).toString(16)}/${Number.parseInt(offset.slice(8), 16).toString(16)}`.toUpperCase()
}
