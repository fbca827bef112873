import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import type { Replay, RestoreReport, RestoreRequest } from '@coffre/connector'
import { isCoffreError, systemContext } from '@coffre/foundation'
import { MemoryPoint, type PostgresMajor, PostgresServer } from '@coffre/testkit'
import { createPostgresqlConnector } from '../connector.ts'
import type { PostgresqlSettings } from '../settings.ts'
import { RecordedLog } from '../testing/recorded-log.ts'

const noSignal = new AbortController().signal
const password = 'Parts-Password-7'
/** A role of the target that owns its database, and is no superuser. */
const hba = ['host all keeper 127.0.0.1/32 scram-sha-256']

const schemaSql = `
  create schema sales; create type mood as enum ('good', 'bad'); create sequence shared_numbers;
  create table customers (id int primary key, name text);
  insert into customers select n, 'customer ' || n from generate_series(1, 10) n;
  create function audit() returns trigger language plpgsql as 'begin return new; end';
  create table orders (
    id serial primary key, number bigint generated always as identity, customer int references customers,
    what text, state mood default 'good', shared int default nextval('shared_numbers'), previous int references orders
  );
  create index orders_what on orders (what);
  create statistics orders_statistics on id, customer from orders;
  create trigger audited after insert on orders for each row execute function audit();
  create rule never as on delete to orders do instead nothing;
  create policy mine on orders using (true);
  insert into orders (customer, what) select 1 + n % 10, repeat(md5(n::text), 2000) from generate_series(1, 200) n;
  create table events (at date not null, what text) partition by range (at);
  create table events_2025 partition of events for values from ('2025-01-01') to ('2026-01-01');
  create table sales.events_2026 partition of events for values from ('2026-01-01') to ('2027-01-01');
  insert into events select '2025-12-01'::date + n, 'event ' || n from generate_series(1, 60) n;
  create table sales."Strange "" Näme, x" (n int); insert into sales."Strange "" Näme, x" values (7);
  create unlogged table volatile (n int); insert into volatile values (1);
  create view orders_view as select id from orders;
  create schema restored; create table restored.orders (old int);
`

/** A schema of everything, some of which points out of it. */
const crmSql = `
  create schema crm; create type crm.grade as enum ('a', 'b'); create domain crm.short as text check (length(value) < 100);
  create function crm.grade_of(text) returns crm.grade language plpgsql immutable as 'begin return ''b''; end';
  create function crm.touch() returns trigger language plpgsql as 'begin new.name := upper(new.name); return new; end';
  create function crm.customers_of() returns setof public.customers language sql as 'select * from public.customers';
  create table crm.people (
    id serial primary key, name crm.short, grade crm.grade default 'a', graded crm.grade generated always as (crm.grade_of(name)) stored,
    customer int references customers, shared int default nextval('shared_numbers')
  );
  create index people_name on crm.people (name); create statistics crm.people_statistics on id, grade from crm.people;
  create table crm.visits (person int references crm.people, at date) partition by range (at);
  create table crm.visits_2026 partition of crm.visits for values from ('2026-01-01') to ('2027-01-01');
  create table sales.visits_2025 partition of crm.visits for values from ('2025-01-01') to ('2026-01-01');
  insert into crm.people (name) select 'person ' || n from generate_series(1, 40) n;
  insert into crm.visits select n, '2025-12-01'::date + n from generate_series(1, 40) n;
  create view crm.names as select name from crm.people;
  create view crm.named_customers as select name from customers;
  create view crm.further as select name as further from crm.named_customers;
  create materialized view crm.summary as select count(*)::int as n from crm.people;
  create materialized view crm.twice as select n * 2 as n from crm.summary;
  create trigger touched before insert on crm.people for each row execute function crm.touch();
  create trigger audited after insert on crm.people for each row execute function audit();
  create schema bound; create table bound.feelings (felt mood); create view bound.felt as select felt from bound.feelings;
  create policy all_of_them on crm.people using (grade is not null); create policy clerks on crm.people to clerk using (true);
`

type Wanted = Partial<RestoreRequest> & { user?: string; database?: string; port?: number }

/** An extension within it. */
const placesSql =
  "create extension vector schema crm; create table crm.places (at crm.vector(2)); insert into crm.places values ('[3,4]')"

/** A server whose table was dropped, the log, and where to go back to. */
class Shop implements AsyncDisposable {
  readonly server: PostgresServer
  readonly settings: PostgresqlSettings
  readonly point: MemoryPoint
  readonly replay: Replay
  readonly scratch: string

  private constructor(server: PostgresServer, scratch: string, point: MemoryPoint, replay: Replay) {
    this.server = server
    this.scratch = scratch
    this.point = point
    this.replay = replay
    const engineFolders = { [server.major]: server.installation.binFolder }
    this.settings = { engineFolders, engineAccount: 'nobody', scratchFolder: scratch }
  }

  static async open(major: PostgresMajor): Promise<Shop> {
    const server = await PostgresServer.start(major, {
      settings: { max_prepared_transactions: 5, wal_recycle: false },
      initdbArgs: ['--wal-segsize=1'],
    })
    try {
      return await Shop.#fill(server)
    } catch (error) {
      await server[Symbol.asyncDispose]()
      throw error
    }
  }

  static async #fill(server: PostgresServer): Promise<Shop> {
    for (const sql of [
      'create role clerk',
      'create database other',
      schemaSql,
      crmSql,
      ...(server.major === 16 ? [placesSql] : []),
    ])
      await server.query(sql)
    await server.query('create table kept as select generate_series(1, 5) n', undefined, 'other')
    await server.query('alter table orders owner to clerk; grant select on customers to clerk')
    const connector = createPostgresqlConnector()
    const members = [{ host: '127.0.0.1', port: server.port }]
    await using source = await connector.open(
      connector.parseConfig({ members, keepsLog: true, tls: 'disable' }),
      {},
      systemContext,
      noSignal,
    )
    const point = await MemoryPoint.from(await source.snapshot(noSignal))
    // Only in the log.
    await server.query("insert into orders (customer, what) select 1, 'late' from generate_series(1, 50)")
    await server.query("begin; insert into orders (what) values ('in doubt'); prepare transaction 'doubt'")
    const [row] = await server.query('select pg_current_wal_insert_lsn()::text as lsn')
    await server.query("rollback prepared 'doubt'")
    await server.query('drop table orders cascade')
    const recorded = new RecordedLog()
    assert.ok(source.log !== undefined && point.manifest.begin !== undefined && connector.locate !== undefined)
    await recorded.record(source.log, point.manifest.begin, (await source.log.head(noSignal)).position)
    const target = { kind: 'position', text: String(row?.['lsn']) } as const
    const stop = await connector.locate(recorded.all(), target, point.manifest, noSignal)
    const scratch = await server.makeFolder('scratch')
    return new Shop(server, scratch, point, recorded.replay(stop, await source.log.branches(noSignal)))
  }

  restore(target: PostgresServer, more: Wanted = {}, signal = noSignal) {
    return createPostgresqlConnector(this.settings).restore(this.point, this.#request(target, more), systemContext, signal)
  }

  /** What such a restore would be refused for. */
  async foresee(target: PostgresServer, more: Wanted = {}, manifest = this.point.manifest) {
    const { foresee } = createPostgresqlConnector(this.settings)
    assert.ok(foresee)
    return await foresee(manifest, this.#request(target, more), systemContext, noSignal)
  }

  #request(target: PostgresServer, more: Wanted): RestoreRequest {
    const { user = 'keeper', database = 'shop', port = target.port, ...rest } = more
    const config = { members: [{ host: '127.0.0.1', port }], user, database, tls: 'disable' }
    return {
      target: { kind: 'engine', config, secrets: { password } },
      overwrite: false,
      replay: this.replay,
      onProgress: () => undefined,
      ...rest,
    }
  }

  /** Nothing is left of any server that was started aside. */
  async assertClean(): Promise<void> {
    assert.deepEqual(await readdir(this.scratch), [])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]()
  }
}

async function targetOf(major: PostgresMajor): Promise<PostgresServer> {
  const target = await PostgresServer.start(major, { hba })
  await target.query(`create role keeper login password '${password}'`)
  await target.query('create database shop owner keeper')
  await target.query("create type mood as enum ('good', 'bad')", undefined, 'shop')
  return target
}

/** For the tests that leave it as it is. */
let shop: Shop
before(async () => {
  shop = await Shop.open(16)
})
after(() => shop?.[Symbol.asyncDispose]())

const names = (target: PostgresServer, database = 'shop') =>
  target
    .query(
      "select relnamespace::regnamespace || '.' || relname as name from pg_class where oid >= 16384 and relkind in ('r', 'p') order by 1",
      undefined,
      database,
    )
    .then((rows) => rows.map(({ name }) => String(name)))

for (const [major, targetMajor] of [
  [16, 18],
  [15, 15],
] as const) {
  test(`tables of PostgreSQL ${major} as they were go into a running server ${targetMajor}, with and without another schema`, async () => {
    await using own = major === 16 ? undefined : await Shop.open(major)
    const from = own ?? shop
    await using target = await targetOf(targetMajor)
    const phases: string[] = []
    const fractions: number[] = []
    const parts = ['orders', 'public.events', 'sales."Strange "" Näme, x"', 'volatile']
    const report = await from.restore(target, {
      parts,
      options: { schema: 'restored', database: 'postgres' },
      onPhase: (phase) => void phases.push(phase),
      onProgress: (done) => void fractions.push(done),
    })
    assert.deepEqual(phases, ['laying-out', 'fetching-log', 'replaying', 'loading'])
    assert.deepEqual([fractions.toSorted((one, other) => one - other), fractions.at(-1)], [fractions, 1])
    // While the base is laid out, too, which takes the most time of all.
    assert.ok(fractions.filter((done) => done > 0.1 && done < 0.4).length > 10, `${fractions.length} fractions`)
    assert.deepEqual(report.counts, {
      'restored."Strange "" Näme, x"': 1,
      'restored.events': 60,
      'restored.orders': 250,
      'restored.volatile': 0,
    })
    assert.deepEqual(await createPostgresqlConnector().verify(from.point, report, systemContext, noSignal), [])
    assert.ok(!JSON.stringify(report).includes(password))
    const [sum] = await target.query(
      "select count(*)::int as n, sum(length(what))::int as size, count(*) filter (where what = 'late')::int as late, max(number)::int as number from restored.orders",
      undefined,
      'shop',
    )
    assert.deepEqual(sum, { n: 250, size: 200 * 64_000 + 50 * 4, late: 50, number: 250 })
    // What belongs to it came along: it can be written to.
    const [row] = await target.query(
      "insert into restored.orders (what) values ('new') returning id, number, state, shared",
      undefined,
      'shop',
    )
    assert.ok(Number(row?.['id']) > 250 && row?.['state'] === 'good' && row['shared'] === null, JSON.stringify(row))
    assert.deepEqual(await target.query("select to_regclass('restored.orders_what') is not null as is", undefined, 'shop'), [
      { is: true },
    ])
    const said = report.notes.join('\n')
    for (const left of [
      /foreign key orders_customer_fkey of public\.orders .* public\.customers/,
      /trigger audited of public\.orders .* public\.audit\(\)/,
      /rule never/,
      /policy mine/,
      /default of column shared .*shared_numbers/,
      /volatile is unlogged/,
      /doubt of postgres was prepared/,
    ])
      assert.match(said, left)
    assert.doesNotMatch(said, /orders_previous_fkey/)

    // Without another schema, where the original was dropped, into the same server that it came from and as its superuser.
    const again = await from
      .restore(from.server, {
        parts: ['public.orders', 'sales.events_2026'],
        user: 'postgres',
        database: 'other',
        options: { database: 'postgres' },
      })
      .then(
        () => assert.fail('the database other has no type mood'),
        (error: unknown) => error,
      )
    assert.ok(isCoffreError(again, 'target.failed') && /type public\.mood/.test(again.message), `${again}`)
    assert.deepEqual(await names(from.server, 'other'), ['public.kept'])
    await from.restore(from.server, { parts: ['public.orders'], user: 'postgres', database: 'postgres' })
    assert.deepEqual(await from.server.query('select count(*)::int as n from orders'), [{ n: 250 }])
    await from.assertClean()
  })
}

test('schemas go whole into a running server, but for what needs more than they have and the target has not', async () => {
  await using target = await targetOf(18)
  const crm = { schemas: ['crm'], database: 'postgres' }
  const ask = (sql: string) => target.query(sql, undefined, 'shop')
  // What extensions brought is in nobody's way.
  await ask('create schema crm authorization keeper')
  await ask('create extension vector schema crm')
  const report = await shop.restore(target, { options: crm })
  assert.deepEqual(report.counts, { 'crm.people': 40, 'crm.places': 1, 'crm.visits_2026': 10 })
  assert.deepEqual(await ask("insert into crm.people (name) values ('new') returning id, name, grade, graded, shared"), [
    { id: 41, name: 'NEW', grade: 'a', graded: 'b', shared: null },
  ])
  const views =
    'select (select count(*)::int as named from crm.names), (select n from crm.summary), (select n as twice from crm.twice)'
  assert.deepEqual(await ask(views), [{ named: 41, n: 40, twice: 80 }])
  await assert.rejects(ask("insert into crm.visits values (999, '2026-01-01')"), /foreign key/)
  const said = report.notes.join('\n')
  for (const left of [
    /sales\.visits_2025 was left out: .* part of crm\.visits/,
    /foreign key people_customer_fkey of crm\.people .* public\.customers/,
    /default value for crm\.people\.shared was left out: .*sequence public\.shared_numbers/,
    /view crm\.named_customers was left out: the target has no table public\.customers/,
    /view crm\.further was left out: it needs the view crm\.named_customers/,
    /function crm\.customers_of\(\) was left out: .* public\.customers/,
    /trigger audited on crm\.people was left out: .*function public\.audit\(\)/,
    /policy clerks on crm\.people was left out: .*role clerk/,
  ])
    assert.match(said, left)
  assert.equal(report.notes.filter((note) => /left out/.test(note)).length, 8, said)
  assert.deepEqual(await ask('select polname from pg_policy order by 1'), [{ polname: 'all_of_them' }])
  // Nothing there is overwritten, and that is known before anything is recovered.
  await refused(shop.restore(target, { options: { ...crm, schemas: ['crm', 'sales'] } }), 'target.not-empty')
  const codes = (await shop.foresee(target, { options: crm })).obstacles.map(({ code }) => code)
  assert.deepEqual(codes, ['target.not-empty'])
  // Under another name, and beside: what it needs is there now, in the same place.
  await target.query('create role clerk')
  await ask('create table customers (id int primary key, name text)')
  await ask('create sequence shared_numbers')
  await ask('grant usage on sequence shared_numbers to keeper')
  const again = await shop.restore(target, { options: { ...crm, schema: 'Old "crm"' } })
  assert.deepEqual(Object.values(again.counts), [40, 1, 10])
  assert.deepEqual(await ask('select crm.vector_norm(at) as norm from "Old ""crm""".places'), [{ norm: 5 }])
  const left = again.notes.filter((note) => /left out/.test(note)).join('\n')
  assert.doesNotMatch(left, /view|default|policy|customers_of/)
  assert.match(again.notes.join('\n'), /Texts of functions, which may name crm/)
  // The schema that every database has is filled where nobody used it yet.
  await target.query('create database fresh owner keeper')
  const everyones = await shop.restore(target, { database: 'fresh', options: { schemas: ['public'], database: 'other' } })
  assert.deepEqual([everyones.counts, everyones.notes.length], [{ 'public.kept': 5 }, 1])
  // A table cannot be without the type of its column.
  const bound = shop.restore(target, { database: 'fresh', options: { schemas: ['bound'], database: 'postgres' } })
  assert.match((await refused(bound, 'target.failed')).message, /type public\.mood \(for table bound\.feelings\)/)
  const made = "select nspname from pg_namespace where nspname = 'bound'"
  assert.deepEqual(await target.query(made, undefined, 'fresh'), [])
  await refused(shop.restore(target, { options: { ...crm, schema: 'x', schemas: ['crm', 'sales'] } }), 'usage.invalid')
  await refused(shop.restore(target, { parts: ['orders'], options: crm }), 'usage.invalid')
  await shop.assertClean()
})

test('databases go whole into a server that has none of the name, with owners where the roles are', async () => {
  await using target = await targetOf(18)
  // As whoever is no superuser: all belongs to them.
  await target.query('alter role keeper createdb')
  const report = await shop.restore(target, { options: { databases: ['other'] }, database: 'postgres' })
  assert.match(report.notes.join('\n'), /only a superuser/)
  assert.deepEqual(await target.query("select pg_get_userbyid(datdba)::text as owner from pg_database where datname = 'other'"), [
    { owner: 'keeper' },
  ])
  const error = await refused(shop.restore(target, { options: { databases: ['other'] }, database: 'postgres' }), 'target.not-empty')
  assert.match(error.message, /other/)
  await target.query('drop database other')
  // The database `postgres` is in every server: filled while it is empty, refused when it is not.
  await target.query('create table mine (n int)')
  await refused(shop.restore(target, { user: 'postgres', database: 'shop' }), 'target.not-empty')
  assert.deepEqual(await target.query("select datname from pg_database where datname = 'other'"), [])
  await shop.assertClean()
})

test('owners and rights of roles that the target has come along, those of others are told', async () => {
  await using server = await PostgresServer.start(16, { settings: { wal_recycle: false } })
  for (const sql of ['create role clerk', 'create role visitor', 'create database crm']) await server.query(sql)
  await server.query(
    'create table kept (n int); insert into kept select generate_series(1, 9); alter table kept owner to clerk',
    undefined,
    'crm',
  )
  await server.query(
    'create table given (n int); alter table given owner to visitor; grant select on kept to visitor',
    undefined,
    'crm',
  )
  const connector = createPostgresqlConnector({ engineFolders: { 16: server.installation.binFolder }, engineAccount: 'nobody' })
  const config = (one: PostgresServer) => ({ members: [{ host: '127.0.0.1', port: one.port }], tls: 'disable' })
  await using source = await connector.open(connector.parseConfig(config(server)), {}, systemContext, noSignal)
  const point = await MemoryPoint.from(await source.snapshot(noSignal))
  await using target = await PostgresServer.start(18)
  await target.query('create role clerk')
  const request = {
    target: { kind: 'engine', config: config(target), secrets: {} },
    overwrite: false,
    onProgress: () => undefined,
  } as const
  const report = await connector.restore(point, request, systemContext, noSignal)
  assert.deepEqual(report.counts, { 'crm.public.given': 0, 'crm.public.kept': 9 })
  assert.deepEqual(report.notes, [
    'The target has no role visitor: what it owned belongs to postgres, and its rights were left out.',
  ])
  const owners = await target.query(
    "select relname, pg_get_userbyid(relowner)::text as owner from pg_class where relname in ('kept', 'given') order by 1",
    undefined,
    'crm',
  )
  assert.deepEqual(owners, [
    { relname: 'given', owner: 'postgres' },
    { relname: 'kept', owner: 'clerk' },
  ])
})

test('what cannot be is refused by name, and nothing is touched', async () => {
  await using target = await targetOf(18)
  await using older = await PostgresServer.start(15)
  const options = { database: 'postgres', schema: 'restored' }
  const orders = { parts: ['orders'], options }
  const cases = [
    ['usage.invalid', /no table public\.order .*orders/, () => shop.restore(target, { parts: ['order'], options })],
    ['usage.invalid', /is a view/, () => shop.restore(target, { parts: ['orders_view'], options })],
    ['usage.invalid', /not the name of a table/, () => shop.restore(target, { parts: ['a.b.c'], options })],
    ['usage.invalid', /no database nowhere/, () => shop.restore(target, { parts: ['orders'], options: { database: 'nowhere' } })],
    [
      'usage.invalid',
      /public\.orders and restored\.orders cannot both/,
      () => shop.restore(target, { parts: ['orders', 'restored.orders'], options: { ...options, schema: 'third' } }),
    ],
    ['usage.invalid', /nothing of a running server/, () => shop.restore(target, { ...orders, overwrite: true })],
    ['usage.invalid', /either/, () => shop.restore(target, { parts: ['orders'], options: { databases: ['other'] } })],
    ['usage.invalid', /schema is for tables/, () => shop.restore(target, { options: { schema: 'restored' } })],
    ['usage.invalid', /to be started/, () => shop.restore(target, { parts: ['orders'], options: { start: true, port: 5999 } })],
    [
      'usage.invalid',
      /has no database nowhere/,
      () => shop.restore(target, { user: 'postgres', options: { databases: ['nowhere'] } }),
    ],
    ['target.not-empty', /public\.present/, () => shop.restore(target, { parts: ['present'], options: { database: 'postgres' } })],
    ['source.credentials', /password/, () => shop.restore(target, { ...orders, target: wrongPassword(target) })],
    ['source.credentials', /may not create databases/, () => shop.restore(target, { options: { databases: ['other'] } })],
    ['source.credentials', /create schema restored/, () => shop.restore(target, { ...orders, database: 'postgres' })],
    ['target.failed', /none|reached/, () => shop.restore(target, { ...orders, port: 1 })],
    ['target.failed', /nosuchbase/, () => shop.restore(target, { ...orders, database: 'nosuchbase' })],
    ['target.failed', /15, older than 16/, () => shop.restore(older, { ...orders, user: 'postgres', database: 'postgres' })],
  ] as const
  await target.query('create table present (n int)', undefined, 'shop')
  const before = await names(target)
  for (const [code, message, attempt] of cases) {
    const error = await refused(attempt(), code)
    assert.match(`${error.message} ${error.hint}`, message)
  }
  const without = createPostgresqlConnector({ engineFolders: { 16: '/nonexistent' } })
  const request = { target: wrongPassword(target), overwrite: false, onProgress: () => undefined, ...orders }
  await refused(without.restore(shop.point, request, systemContext, noSignal), 'engine.missing')
  const huge = { manifest: { ...shop.point.manifest, counts: { bytes: 2 ** 60 } }, items: unread, extract: unread }
  const able = { ...request, target: { kind: 'engine', config: request.target.config, secrets: { password } } } as const
  const full = await refused(
    createPostgresqlConnector(shop.settings).restore(huge, able, systemContext, noSignal),
    'storage.no-space',
  )
  assert.match(`${full.hint}`, /COFFRE_SCRATCH/)
  // Who asks beforehand is told of the same, and makes as little.
  const asked = [
    ['target.not-empty', shop.foresee(target, { parts: ['present'], options: { database: 'postgres' } })],
    ['source.credentials', shop.foresee(target, { ...orders, target: wrongPassword(target) })],
    ['source.credentials', shop.foresee(target, { options: { databases: ['other'] } })],
    ['target.failed', shop.foresee(target, { ...orders, port: 1 })],
    ['target.failed', shop.foresee(older, { ...orders, user: 'postgres', database: 'postgres' })],
    ['storage.no-space', shop.foresee(target, orders, huge.manifest)],
  ] as const
  for (const [code, told] of asked)
    assert.deepEqual(
      (await told).obstacles.map((one) => one.code),
      [code],
    )
  const { obstacles, engine } = await shop.foresee(target, orders)
  assert.deepEqual([obstacles, engine?.name, engine?.version?.startsWith('16.')], [[], 'PostgreSQL 16', true])
  assert.ok(engine?.aside !== undefined && engine.aside.freeBytes > engine.aside.neededBytes, JSON.stringify(engine))
  assert.deepEqual(await names(target), before)
  assert.deepEqual(await target.query("select from pg_namespace where nspname = 'restored'", undefined, 'shop'), [])
  await shop.assertClean()
})

test('a target that fails in the middle, or is killed, and an abort leave nothing behind', async () => {
  await using target = await targetOf(18)
  const options = { database: 'postgres', schema: 'restored' }
  const orders = { parts: ['orders', 'customers'], options }
  // The server itself refuses the second table, when the first one is there.
  await target.query(
    "create function refuse() returns event_trigger language plpgsql as $$ begin if exists (select from pg_event_trigger_ddl_commands() where command_tag = 'ALTER TABLE' and object_identity like '%customers') then raise 'no more'; end if; end $$",
    undefined,
    'shop',
  )
  await target.query('create event trigger refuse on ddl_command_end execute function refuse()', undefined, 'shop')
  const error = await refused(shop.restore(target, orders), 'engine.failed')
  assert.match(error.message, /no more/)
  await target.query('drop event trigger refuse', undefined, 'shop')
  assert.deepEqual(await names(target), [])
  assert.deepEqual(await target.query("select from pg_namespace where nspname = 'restored'", undefined, 'shop'), [])
  await shop.assertClean()

  const abort = new AbortController()
  const onPhase = (phase: string): void => void (phase === 'loading' && abort.abort())
  await refused(shop.restore(target, { ...orders, onPhase }, abort.signal), 'interrupted')
  const early = new AbortController()
  const onEarly = (phase: string): void => void (phase === 'replaying' && early.abort())
  await refused(shop.restore(target, { ...orders, onPhase: onEarly }, early.signal), 'interrupted')
  assert.deepEqual(await names(target), [])
  await shop.assertClean()

  // While it loads: the copy waits for a lock that nobody gives back.
  await target.query(
    "create function wait() returns event_trigger language plpgsql as $$ begin perform pg_advisory_xact_lock(7); end $$; create event trigger wait on ddl_command_end when tag in ('CREATE INDEX', 'ALTER TABLE') execute function wait()",
    undefined,
    'shop',
  )
  await using holder = await target.connect('shop')
  await holder.query('select pg_advisory_lock(7)')
  const killed = refused(shop.restore(target, orders), 'engine.failed')
  const isWaiting = "select from pg_locks where locktype = 'advisory' and not granted"
  while ((await target.query(isWaiting)).length === 0) await systemContext.clock.sleep(50, noSignal)
  await target.kill()
  await killed
  await target.start()
  assert.deepEqual(await names(target), [])
  await shop.assertClean()
})

function unread(): never {
  assert.fail('the point was read')
}

function wrongPassword(target: PostgresServer): Extract<RestoreRequest['target'], { readonly kind: 'engine' }> {
  const config = { members: [{ host: '127.0.0.1', port: target.port }], user: 'keeper', database: 'shop', tls: 'disable' }
  return { kind: 'engine', config, secrets: { password: 'wrong' } }
}

async function refused(restored: Promise<RestoreReport>, code: Parameters<typeof isCoffreError>[1]) {
  const error: unknown = await restored.then(
    () => assert.fail(`should be refused with ${code}`),
    (reason: unknown) => reason,
  )
  assert.ok(isCoffreError(error), `${error instanceof Error ? error.stack : error}`)
  assert.equal(error.code, code, error.message)
  assert.ok(!`${error.message} ${error.hint}`.includes(password))
  return error
}
