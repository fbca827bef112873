import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Finding, RestoreRequest } from '@coffre/connector'
import { isCoffreError, systemContext } from '@coffre/foundation'
import { MemoryPoint, type PostgresMajor, PostgresServer, postgresInstallation } from '@coffre/testkit'
import { createPostgresqlConnector } from '../connector.ts'
import type { PostgresqlSettings } from '../settings.ts'

const noSignal = new AbortController().signal
const password = 'Reader-of-15'
const awkward = 'a/b "c\' d'

let source: PostgresServer
let connector: ReturnType<typeof createPostgresqlConnector>
let point: MemoryPoint

before(async () => {
  source = await PostgresServer.start(15, { hba: ['host all reader,granted 127.0.0.1/32 scram-sha-256'] })
  await source.query(`create role reader login password '${password}'; grant pg_read_all_data to reader;
    create role granted login password '${password}'; create role seller login password 'Seller-7'; create role staff; grant staff to seller; alter role seller set work_mem = '7MB'`)
  for (const name of ['crm', awkward]) await source.query(`create database ${quoted(name)} owner seller`)
  await source.query('alter database crm set search_path = crm, public; revoke connect on database crm from public')
  await source.query('grant connect on database crm to reader, granted, staff')
  await source.query(crmSql, undefined, 'crm')
  await source.query('create table "odd name" (n int); insert into "odd name" select generate_series(1, 5)', undefined, awkward)
  connector = createPostgresqlConnector(await settingsFor(15, 16, 18))
  point = await snapshot()
})
after(() => source?.[Symbol.asyncDispose]())

const crmSql = `create schema crm authorization seller;
  create table crm.customers (id bigint generated always as identity primary key, name text not null);
  alter table crm.customers owner to seller; grant select on crm.customers to staff;
  insert into crm.customers (name) select 'customer ' || n from generate_series(1, 1000) n;
  create table crm.orders (id int, customer bigint references crm.customers, at date not null) partition by range (at);
  create table crm.orders_old partition of crm.orders for values from ('2020-01-01') to ('2026-01-01');
  create table crm.orders_new partition of crm.orders for values from ('2026-01-01') to ('2030-01-01');
  insert into crm.orders select n, n % 1000 + 1, date '2025-06-01' + n from generate_series(1, 400) n;
  create index on crm.orders (customer);
  create materialized view crm.per_day as select at, count(*) from crm.orders group by at;
  do $$ declare large oid := lo_from_bytea(0, repeat('large', 5000)::bytea);
    begin execute format('grant select on large object %s to reader, granted', large); end $$;
  grant usage on schema crm to granted; grant select on all tables in schema crm to granted;
  grant select on all sequences in schema crm to granted`
const lookSql = `select (select sum(hashtext(c::text)) from crm.customers c) as customers,
  (select array[count(*), sum(hashtext(o::text))] from crm.orders o)::text as orders, (select count(*)::int from crm.per_day) as per_day,
  (select array_agg(tablename || ' ' || tableowner order by tablename) from pg_tables where schemaname = 'crm')::text as tables,
  (select array_agg(indexname order by indexname) from pg_indexes where schemaname = 'crm')::text as indexes,
  (select array_agg(length(lo_get(oid)) order by oid) from pg_largeobject_metadata)::text as large, current_setting('search_path') as path,
  has_table_privilege('staff', 'crm.customers', 'select') as staff_reads, has_database_privilege('staff', 'crm', 'connect') as enters`

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** Where the programs of several versions are. */
async function settingsFor(...majors: readonly PostgresMajor[]): Promise<PostgresqlSettings> {
  const folders = await Promise.all(majors.map(async (major) => [major, (await postgresInstallation(major)).binFolder] as const))
  return { engineFolders: Object.fromEntries(folders), engineAccount: 'nobody' }
}

function configOf(server: PostgresServer, more: Readonly<Record<string, unknown>> = {}) {
  return { members: [{ host: '127.0.0.1', port: server.port }], tls: 'disable', ...more }
}

function readers(more: Readonly<Record<string, unknown>> = {}) {
  return connector.parseConfig(configOf(source, { mode: 'logical', user: 'reader', ...more }))
}

async function snapshot(more: Readonly<Record<string, unknown>> = {}, signal = noSignal): Promise<MemoryPoint> {
  await using opened = await connector.open(readers(more), { password }, systemContext, signal)
  return await MemoryPoint.from(await opened.snapshot(signal))
}

function into(server: PostgresServer, more: Partial<RestoreRequest> = {}): RestoreRequest {
  const target = { kind: 'engine', config: configOf(server), secrets: {} } as const
  return { target, overwrite: false, onProgress: () => undefined, ...more }
}

async function refusal(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => assert.fail('it was not refused'),
    (reason: unknown) => reason,
  )
  assert.ok(isCoffreError(error), String(error))
  return `${error.code}: ${error.message}`
}

for (const [major, reader, has] of [
  [16, { user: 'reader' }, { databases: 3, passwords: true }],
  [18, { user: 'granted', databases: ['crm'] }, { databases: 1, passwords: false }],
] as const) {
  test(`what a mere ${reader.user} dumped from 15 stands again in ${major}, with roles, owners and rights`, async () => {
    await using target = await PostgresServer.start(major)
    const dumped = await snapshot(reader)
    const report = await connector.restore(dumped, into(target), systemContext, noSignal)
    assert.equal(report.counts['databases'], has.databases)
    assert.deepEqual(await target.query(lookSql, undefined, 'crm'), await source.query(lookSql, undefined, 'crm'))
    if (has.databases > 1)
      assert.deepEqual(await target.query('select sum(n)::int as n from "odd name"', undefined, awkward), [{ n: 15 }])
    assert.deepEqual(await connector.verify(dumped, report, systemContext, noSignal), [])
    const [roles] = await target.query(`select pg_has_role('seller', 'staff', 'member') as is_staff,
      (select rolpassword is not null from pg_authid where rolname = 'seller') as has_password,
      (select rolconfig::text from pg_roles where rolname = 'seller') as settings,
      (select pg_get_userbyid(datdba) from pg_database where datname = 'crm') as owner`)
    assert.deepEqual(roles, { is_staff: true, has_password: has.passwords, settings: '{work_mem=7MB}', owner: 'seller' })
    assert.equal(/no passwords/.test(report.notes.join('\n')), !has.passwords)
  })
}

test('what is in a target is refused before the first change, and chosen databases come alone', async () => {
  await using target = await PostgresServer.start(18)
  await target.query('create database crm')
  await target.query('create table mine (n int)', undefined, 'crm')
  const restore = (more: Partial<RestoreRequest> = {}) => connector.restore(point, into(target, more), systemContext, noSignal)
  assert.match(await refusal(restore()), /^target.not-empty: .* has crm already/)
  assert.match(await refusal(restore({ options: { databases: ['nope'] } })), /^usage.invalid: .* no database nope/)
  const names = async () =>
    (await target.query('select datname from pg_database where not datistemplate order by 1')).map(({ datname }) => datname)
  assert.deepEqual(await names(), ['crm', 'postgres'])
  await target.query('create role modest login createrole')
  const modest = { kind: 'engine', config: configOf(target, { user: 'modest' }), secrets: {} } as const
  assert.match(
    await refusal(restore({ target: modest, options: { databases: [awkward] } })),
    /^source.credentials: role modest may not/,
  )
  assert.match(await refusal(restore({ overwrite: true })), /^usage.invalid: nothing of a running server is overwritten/)
  // Whoever asks beforehand is told the same.
  const foresee = async (more: Partial<RestoreRequest> = {}) => {
    const told = await connector.foresee?.(point.manifest, into(target, more), systemContext, noSignal)
    return [told?.obstacles.map(({ code }) => code), told?.engine?.name]
  }
  assert.deepEqual(await foresee(), [['target.not-empty'], undefined])
  assert.deepEqual(await foresee({ target: modest, options: { databases: [awkward] } }), [['source.credentials'], undefined])
  assert.deepEqual(await foresee({ parts: ['crm.orders'], options: { database: 'crm' } }), [[], 'PostgreSQL 15'])
  assert.deepEqual(await names(), ['crm', 'postgres'])
  const report = await restore({ options: { databases: [awkward] } })
  assert.deepEqual(await names(), [awkward, 'crm', 'postgres'].toSorted())
  assert.equal(report.counts['tables'], 1)
  assert.match(await refusal(restore({ options: { databases: [awkward] } })), /^target.not-empty/)
})

test('tables of a dump come with their rows, indexes and partitions into another schema, and what points outside is told', async () => {
  await using target = await PostgresServer.start(18)
  await target.query('create schema crm; create table crm.orders (mine int)')
  const restore = (parts: readonly string[], options: object) =>
    connector.restore(point, into(target, { parts, options }), systemContext, noSignal)
  assert.match(await refusal(restore(['crm.orders'], { database: 'nope' })), /^usage.invalid: .* no database nope/)
  assert.match(await refusal(restore(['crm.order'], { database: 'crm' })), /^usage.invalid: there is no table crm.order/)
  assert.match(await refusal(restore(['crm.orders'], { database: 'crm' })), /^target.not-empty: .*crm.orders/)
  const report = await restore(['crm.orders', 'crm.customers'], { database: 'crm', schema: 'restored' })
  assert.deepEqual(report.counts, { 'restored.customers': 1000, 'restored.orders': 400 })
  const sums = (schema: string) => `select (select sum(hashtext(c::text)) from ${schema}.customers c) as customers,
    (select sum(hashtext(o::text)) from ${schema}.orders o) as orders, nextval('${schema}.customers_id_seq')::int as next,
    (select count(*)::int from pg_indexes where schemaname = '${schema}' and tablename <> 'per_day') as indexes,
    (select count(*)::int from pg_constraint where contype = 'f' and conrelid = '${schema}.orders'::regclass) as keys`
  assert.deepEqual(await target.query(sums('restored')), await source.query(sums('crm'), undefined, 'crm'))
  assert.deepEqual(await connector.verify(point, report, systemContext, noSignal), [])
  const alone = await restore(['crm.orders'], { database: 'crm', schema: 'alone' })
  assert.match(alone.notes.join('\n'), /orders_customer_fkey/)
  assert.deepEqual(await target.query('select count(*)::int as n from alone.orders'), [{ n: 400 }])
  // A whole schema brings its views, too; a materialized one with its rows.
  const options = { schemas: ['crm'], database: 'crm', schema: 'whole' }
  const whole = await connector.restore(point, into(target, { options }), systemContext, noSignal)
  assert.deepEqual(whole.counts, { 'whole.customers': 1000, 'whole.orders_new': 187, 'whole.orders_old': 213 })
  assert.deepEqual(await target.query('select count(*)::int as days, sum(count)::int as n from whole.per_day'), [
    { days: 400, n: 400 },
  ])
})

test('a dump that breaks off, and a restore that is cancelled, leave no database behind', async () => {
  await using target = await PostgresServer.start(18)
  await refuseBroken(connector, point, target)
  const abort = new AbortController()
  const onProgress = (done: number): void => (done > 0 ? abort.abort() : undefined)
  const cancelled = connector.restore(point, into(target, { onProgress }), systemContext, abort.signal)
  assert.match(await refusal(cancelled), /^interrupted/)
  assert.deepEqual(await target.query("select datname from pg_database where datname in ('crm', $1)", [awkward]), [])
})

test('where only newer programs are, an older server is dumped and restored all the same', async () => {
  await using target = await PostgresServer.start(15)
  const { binFolder } = await postgresInstallation(18)
  const newer = createPostgresqlConnector({ engineFolders: { 15: binFolder, 16: binFolder, 17: binFolder, 18: binFolder } })
  await using opened = await newer.open(readers({ databases: ['crm'] }), { password }, systemContext, noSignal)
  const dumped = await MemoryPoint.from(await opened.snapshot(noSignal))
  assert.equal(dumped.manifest.details['dumpMajor'], 18)
  await refuseBroken(newer, dumped, target)
  await newer.restore(dumped, into(target), systemContext, noSignal)
  assert.deepEqual(await target.query(lookSql, undefined, 'crm'), await source.query(lookSql, undefined, 'crm'))
})

/** Only the beginning of a dump can be read. */
async function refuseBroken(tested: typeof connector, whole: MemoryPoint, target: PostgresServer): Promise<void> {
  const broken = {
    manifest: whole.manifest,
    extract: () => Promise.reject(new Error('is not asked for')),
    async *items(below: string, signal: AbortSignal) {
      for await (const item of whole.items(below, signal)) {
        if (item.kind !== 'file' || item.path !== 'databases/crm.dump') yield item
        else yield { ...item, content: beginning(whole.contentOf(item.path)) }
      }
    },
  }
  const restored = tested.restore(broken, into(target, { options: { databases: ['crm'] } }), systemContext, noSignal)
  assert.match(await refusal(restored), /^engine.failed: pg_restore ended/)
  assert.deepEqual(await target.query("select datname from pg_database where datname = 'crm'"), [])
}

async function* beginning(content: Buffer): AsyncGenerator<Uint8Array> {
  yield content.subarray(0, 40_000)
}

test('a database that is dropped while it is dumped is an error, and never a short file', async () => {
  await source.query('create database doomed')
  await source.query("create table t as select repeat('x', 1000) as filler from generate_series(1, 20000)", undefined, 'doomed')
  await using opened = await connector.open(readers({ databases: ['doomed'] }), { password }, systemContext, noSignal)
  const stream = await opened.snapshot(noSignal)
  let isDropped = false
  const chunk = async (): Promise<void> => {
    if (isDropped) return
    isDropped = true
    await source.query('drop database doomed with (force)')
  }
  assert.match(await refusal(MemoryPoint.from(stream, { chunk })), /^engine.failed: pg_dump ended/)
  assert.match(await refusal(stream.finish()), /given up/)
})

test('an abort ends the program that dumps', async () => {
  const abort = new AbortController()
  await using opened = await connector.open(readers(), { password }, systemContext, noSignal)
  const stream = await opened.snapshot(abort.signal)
  const chunk = async (): Promise<void> => abort.abort()
  assert.match(await refusal(MemoryPoint.from(stream, { chunk })), /^interrupted/)
  const sql = "select count(*)::int as n from pg_stat_activity where application_name = 'coffre'"
  await opened[Symbol.asyncDispose]()
  while ((await source.query(sql))[0]?.['n'] !== 0) await systemContext.clock.sleep(20, AbortSignal.timeout(10_000))
})

test('what a role may not read is named before anything is dumped', async () => {
  await source.query('create database closed')
  await source.query('create role weak login; create role shy login; revoke connect on database closed from public')
  await source.query('grant connect on database crm to weak; grant connect on database crm to shy; grant pg_read_all_data to shy')
  const secret = `create table hidden (n int); alter table hidden enable row level security; create policy none on hidden using (false);
    select lo_from_bytea(4711, 'not for shy')`
  await source.query(secret, undefined, 'crm')
  const check = (config: Readonly<Record<string, unknown>>) =>
    connector.check(connector.parseConfig(configOf(source, { mode: 'logical', ...config })), {}, systemContext, noSignal)
  const shown = (findings: readonly Finding[]) => findings.map(({ severity, code, message }) => `${severity} ${code}: ${message}`)
  try {
    const weak = shown(await check({ user: 'weak', databases: ['crm'] })).join('\n')
    assert.match(weak, /^error postgresql.read-right: .* crm.customers, crm.customers_id_seq, .* of database crm$/m)
    const shy = shown(await check({ user: 'shy' })).join('\n')
    assert.match(shy, /^warning postgresql.database-closed: the database closed lets us not in, and is left out/m)
    assert.match(shy, /^error postgresql.row-security: .* crm.hidden of database crm$/m)
    assert.match(shy, /^error postgresql.large-object-right: .* 4711, .* of database crm$/m)
    assert.doesNotMatch(shy, /wal|slot|replic/)
    assert.match(
      shown(await check({ user: 'shy', databases: ['nope'] })).join('\n'),
      /^error postgresql.databases: .* no database nope$/m,
    )
    assert.match(await refusal(snapshot({ user: 'shy', databases: ['crm'] })), /^engine.failed: pg_dump ended .*row-level security/)
  } finally {
    await source.query('drop table hidden; select lo_unlink(4711)', undefined, 'crm')
  }
})
