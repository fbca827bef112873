import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemContext } from '@coffre/foundation'
import { type PostgresOptions, PostgresServer } from '@coffre/testkit'
import { createPostgresqlConnector } from './connector.ts'

const noSignal = new AbortController().signal
const connector = createPostgresqlConnector()
const well = { max_slot_wal_keep_size: '1GB' }

/** What is wrong with a server, and what `check` says of it: severities and codes. */
interface Case {
  readonly what: string
  readonly options?: PostgresOptions
  readonly sql?: string
  readonly config?: Readonly<Record<string, unknown>>
  readonly expected: readonly string[]
}

const bare = ['note postgresql.checksums', 'warning postgresql.fsync']
const cases: readonly Case[] = [
  { what: 'is well, but for what the tests switch off', expected: bare },
  {
    what: 'keeps no log',
    options: { settings: { wal_level: 'minimal', max_wal_senders: 0 } },
    expected: [...bare, 'error postgresql.unlimited-log', 'error postgresql.wal-level'],
  },
  {
    what: 'has no free slot',
    options: { settings: { ...well, max_replication_slots: 1 } },
    expected: [...bare, 'error postgresql.slots'],
  },
  {
    what: 'has no free connection for replication',
    options: { settings: { ...well, max_wal_senders: 0 } },
    expected: [...bare, 'error postgresql.wal-senders'],
  },
  {
    what: 'lets no replication in',
    options: { settings: well, hba: ['host replication all 127.0.0.1/32 reject'] },
    expected: [...bare, 'error postgresql.hba-replication'],
  },
  {
    what: 'has a role without the right',
    sql: 'create role weak login',
    config: { user: 'weak' },
    expected: [...bare, 'error postgresql.replication-right'],
  },
  {
    what: 'would wait for us',
    options: { settings: { ...well, synchronous_standby_names: 'ANY 1 (*)', synchronous_commit: 'local' } },
    expected: [...bare, 'error postgresql.synchronous'],
  },
  {
    what: 'would wait for us, if we followed it',
    options: { settings: { ...well, synchronous_standby_names: '*', synchronous_commit: 'local' } },
    config: { keepsLog: false },
    expected: bare,
  },
  { what: 'may fill its disk', options: {}, expected: [...bare, 'error postgresql.unlimited-log'] },
  {
    what: 'may fill its disk, as its owner knows',
    options: {},
    config: { allowsUnlimitedLog: true },
    expected: [...bare, 'warning postgresql.unlimited-log'],
  },
  {
    what: 'writes no full pages',
    options: { settings: { ...well, full_page_writes: false } },
    expected: [...bare, 'warning postgresql.full-pages'],
  },
]

for (const { what, options = { settings: well }, sql, config = {}, expected } of cases) {
  test(`a server that ${what}`, async () => {
    await using server = await PostgresServer.start(15, options)
    if (sql !== undefined) await server.query(sql)
    assert.deepEqual(await codesOf([server.port], config), expected.toSorted())
  })
}

test('a slot that has lost log is an error, and a member that is down a warning', async () => {
  const settings = { max_slot_wal_keep_size: '1MB', wal_keep_size: 0, max_wal_size: '32MB', min_wal_size: '32MB' }
  await using server = await PostgresServer.start(15, { settings })
  await server.query("select pg_create_physical_replication_slot('coffre', true)")
  for (let round = 0; round < 3; round++)
    await server
      .query('select pg_switch_wal()')
      .then(() => server.query('create table if not exists t (n int); insert into t values (1); checkpoint'))
  assert.deepEqual(await codesOf([server.port]), [...bare, 'error postgresql.slot-lost'].toSorted())
  assert.deepEqual(
    await codesOf([server.port, 1]),
    [...bare, 'error postgresql.slot-lost', 'warning postgresql.unreachable'].toSorted(),
  )
  const config = connector.parseConfig(configOf([server.port]))
  await connector.release?.(config, {}, systemContext, noSignal)
  await connector.release?.(config, {}, systemContext, noSignal)
  assert.deepEqual(await codesOf([server.port]), bare)
})

test('a standby alone cannot be followed, and another cluster is none of this one', async () => {
  await using primary = await PostgresServer.start(15, { settings: well })
  await using standby = await primary.standby()
  await using other = await PostgresServer.start(15, { settings: well })
  assert.deepEqual(await codesOf([standby.port]), [...bare, 'error postgresql.no-primary'].toSorted())
  assert.deepEqual(await codesOf([standby.port], { keepsLog: false }), bare)
  const found = await codesOf([primary.port, other.port])
  assert.ok(found.includes('error postgresql.other-cluster'), `${found}`)
})

function configOf(ports: readonly number[], rest: Readonly<Record<string, unknown>> = {}) {
  return { members: ports.map((port) => ({ host: '127.0.0.1', port })), keepsLog: true, tls: 'disable', ...rest }
}

async function codesOf(ports: readonly number[], rest?: Readonly<Record<string, unknown>>): Promise<readonly string[]> {
  const findings = await connector.check(connector.parseConfig(configOf(ports, rest)), {}, systemContext, noSignal)
  for (const { severity, remedy, code } of findings)
    assert.ok(severity !== 'error' || remedy !== undefined, `${code} has no remedy`)
  return findings.map(({ severity, code }) => `${severity} ${code}`).sort()
}
