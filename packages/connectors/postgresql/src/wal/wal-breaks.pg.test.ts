import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { PostgresServer, postgresMajors } from '@coffre/testkit'
import { RecordParts } from './record-parts.ts'
import { dumpWal } from './testing/wal-dump.ts'
import { readWalFolder } from './testing/wal-files.ts'
import { readTransactionEnd, transactionEnds } from './transaction-end.ts'
import { rmgr } from './wal-format.ts'
import { recordFilter } from './wal-record.ts'
import { WalWalker } from './wal-walker.ts'

/** XLOG_OVERWRITE_CONTRECORD: what PostgreSQL writes over the lost rest of a record. */
const overwriteInfo = 0xd0

for (const major of postgresMajors) {
  test(`PostgreSQL ${major}: the log goes on after a crash in the middle of a record`, async () => {
    await using server = await PostgresServer.start(major, {
      // Nothing but full buffers has the log written.
      settings: { wal_keep_size: '1GB', wal_writer_delay: '10s', wal_buffers: '64kB', wal_level: 'logical' },
      initdbArgs: ['--wal-segsize=1'],
    })
    await server.query('create table t (n int)')
    await using client = await server.connect()
    await client.query(`begin; select pg_logical_emit_message(false, 'long', repeat('m', 3000000))`)
    await server.kill()
    await server.start()
    await server.query('insert into t select generate_series(1, 3000)')
    await server.stop()
    const { overwritten } = await compare(server, 1)
    assert.equal(overwritten, 1)
  })

  test(`PostgreSQL ${major}: the log of a promoted standby begins with pages of the timeline before`, async () => {
    // A commit returns once the standby has it: nothing is lost with the primary.
    const settings = { wal_keep_size: '1GB', synchronous_commit: 'remote_apply', synchronous_standby_names: '*' }
    await using server = await PostgresServer.start(major, { settings, initdbArgs: ['--wal-segsize=1'] })
    await using standby = await server.standby({ synchronous_standby_names: '' })
    await server.query('create table t (n int); insert into t select generate_series(1, 20000)')
    await server.stop()
    await standby.promote()
    await standby.query('insert into t select generate_series(1, 20000)')
    await standby.stop()
    await compare(standby, 2)
  })
}

async function compare(server: PostgresServer, timeline: number) {
  const { head, bytes } = await readWalFolder(join(server.dataFolder, 'pg_wal'), timeline)
  const parts = new RecordParts()
  const ends: unknown[] = []
  let overwritten = 0
  const wanted = recordFilter([transactionEnds, { rmgr: rmgr.xlog, infos: [overwriteInfo] }])
  const walker = new WalWalker({
    ...head,
    checksums: true,
    atInvalid: 'end',
    wanted,
    onRecord: (record) => {
      if (record.rmgr === rmgr.xlog) {
        overwritten++
        return
      }
      const { kind, start, previous, xid, timeUs } = readTransactionEnd(record, parts, head.major)
      ends.push({ kind, start, previous, xid, timeUs })
    },
  })
  for (let at = 0; at < bytes.length; at += 10_000) walker.push(bytes.subarray(at, at + 10_000))
  const dump = await dumpWal(server, head.start, walker.end?.lsn ?? walker.position, timeline)
  const expected = dump.ends.map(({ kind, start, previous, xid, timeUs }) => ({ kind, start, previous, xid, timeUs }))
  assert.deepEqual(ends, expected)
  assert.ok(ends.length > 0)
  return { overwritten }
}
