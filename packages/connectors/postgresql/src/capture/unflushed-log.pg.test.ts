import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Position } from '@coffre/connector'
import { isCoffreError, systemContext } from '@coffre/foundation'
import { type PostgresServer, postgresMajors } from '@coffre/testkit'
import { createPostgresqlConnector } from '../connector.ts'
import { newCluster } from '../testing/cluster-template.ts'

const never = new AbortController().signal

for (const major of postgresMajors)
  test(`a capture begins at the head of PostgreSQL ${major} though nothing has flushed it yet`, async () => {
    await using server = await newCluster(major)
    await server.configure({ autovacuum: 'off', checkpoint_timeout: '1h' })
    await server.start()
    await using source = await open(server)
    // Neither in a page that is full, nor by a commit that is waited for.
    await server.query("select pg_logical_emit_message(false, 'test', repeat('x', 100))")
    const { position } = await logOf(source).head(never)
    const [row] = await server.query('select pg_current_wal_flush_lsn() < pg_current_wal_insert_lsn() as is_ahead')
    assert.equal(row?.['is_ahead'], true, 'the case that is tested')
    for await (const batch of logOf(source).capture(position, never)) {
      assert.deepEqual(batch.after, position)
      break
    }
  })

test('a position beyond all log is one that is lost, with where the log ends', async () => {
  await using server = await newCluster(15)
  await server.start()
  await using source = await open(server)
  const { position } = await logOf(source).head(never)
  const beyond: Position = { ...position, offset: position.offset.replace('00000000', '00000001') }
  const first = logOf(source).capture(beyond, never)[Symbol.asyncIterator]().next()
  await assert.rejects(first, (error) => isCoffreError(error, 'source.position-lost') && /ends at 0\/.*before/.test(error.message))
})

function open({ port }: PostgresServer) {
  const config = { members: [{ host: '127.0.0.1', port }], user: 'postgres', database: 'postgres', tls: 'disable', keepsLog: true }
  const connector = createPostgresqlConnector()
  return connector.open(connector.parseConfig(config), {}, systemContext, never)
}

function logOf(source: Awaited<ReturnType<typeof open>>) {
  assert.ok(source.log)
  return source.log
}
