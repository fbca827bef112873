import { PostgresServer } from '@coffre/testkit'
import type { Report } from '../corpora/corpus.ts'

const settings = {
  max_wal_size: '4GB',
  checkpoint_timeout: '1h',
  shared_buffers: '256MB',
  max_slot_wal_keep_size: '20GB',
  // pgBackRest insists on it.
  archive_mode: 'on',
  archive_command: '/bin/true',
}

/** PostgreSQL 15, the newest that all programs beside Coffre support, with the tables of pgbench at a scale, checkpointed. */
export async function newBenchCluster(scale: number, report: Report): Promise<PostgresServer> {
  const server = await PostgresServer.start(15, { settings })
  try {
    await server.stop()
    await server.configure({ ...settings, unix_socket_directories: server.folder })
    await server.start()
    report(`pgbench -i -s ${scale}`)
    await server.run('pgbench', ['-i', '-q', '-s', String(scale), 'postgres'])
    await server.query('vacuum')
    await server.query('checkpoint')
    return server
  } catch (error) {
    await server[Symbol.asyncDispose]()
    throw error
  }
}
