import assert from 'node:assert/strict'
import { readdir, readFile, readlink, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { ReplayStop, ReplayTarget, RestoreReport, RestoreRequest, StoredPoint } from '@coffre/connector'
import { isCoffreError, systemContext } from '@coffre/foundation'
import { freePort, MemoryPoint, PostgresServer, postgresMajors } from '@coffre/testkit'
import { createPostgresqlConnector } from '../connector.ts'
import { Clone, settingsLike } from '../testing/clone.ts'
import { RecordedLog } from '../testing/recorded-log.ts'
import { formatLsn, walPlace } from '../wal/lsn.ts'

const noSignal = new AbortController().signal
const serverSettings = { wal_keep_size: '1GB', max_prepared_transactions: 5, max_slot_wal_keep_size: '1GB', wal_recycle: false }

for (const major of postgresMajors) {
  test(`PostgreSQL ${major} is restored to positions under load, on both sides of a failover, and started as a clone`, async () => {
    await using primary = await PostgresServer.start(major, {
      settings: { ...serverSettings, archive_mode: 'on', archive_command: 'false' },
      initdbArgs: ['--data-checksums', '--wal-segsize=1'],
    })
    const space = await primary.makeFolder('space')
    await primary.query(`create tablespace elsewhere location '${space}'`)
    await primary.query('create table ledger (client int, n int, primary key (client, n)) tablespace elsewhere')
    await primary.query("create unlogged table gone (n int); select lo_from_bytea(7, repeat('large', 9999)::bytea)")
    await primary.query('create database other')
    const connector = createPostgresqlConnector(settingsLike(primary))
    const open = (...servers: PostgresServer[]) => connector.open(configOf(...servers), {}, systemContext, noSignal)
    await using standby = await standbyOf(primary)
    const load = new Load(primary)
    const point = await (async () => {
      await using source = await open(primary)
      const writing = load.write(200)
      const taken = await MemoryPoint.from(await source.snapshot(noSignal))
      await writing
      return taken
    })()
    await primary.query("insert into gone values (1); begin; insert into ledger values (9, 1); prepare transaction 'in doubt'")
    const middle = await load.write(300)
    await load.write(100)
    await primary.query("select pg_create_restore_point('before the failover')")

    await load.write(50)
    await promote(primary, standby)
    load.turnTo(standby)
    const late = await load.write(120)
    await load.write(30)

    await using source = await open(standby)
    const recorded = new RecordedLog()
    const { log } = source
    assert.ok(log !== undefined && point.manifest.begin !== undefined)
    await recorded.record(log, point.manifest.begin, (await log.head(noSignal)).position)
    const branches = await log.branches(noSignal)
    assert.equal(recorded.end.branch, '00000002')
    const locate = (target: ReplayTarget): Promise<ReplayStop> => {
      assert.ok(connector.locate)
      return connector.locate(recorded.all(), target, point.manifest, noSignal)
    }

    // Not started by us: in the middle, with the tablespace in place.
    const stopInMiddle = await locate({ kind: 'position', text: middle.lsn })
    assert.equal(stopInMiddle.through.branch, '00000001')
    const restored = await PostgresServer.over(major, async (path) => {
      const report = await connector.restore(
        point,
        requestFor(path, { replay: recorded.replay(stopInMiddle, branches) }),
        systemContext,
        noSignal,
      )
      assert.deepEqual(await connector.verify(point, report, systemContext, noSignal), [])
    })
    {
      await using server = restored
      await server.configure({ archive_mode: 'off', hot_standby: false })
      await server.start()
      assert.deepEqual(await countsIn((sql) => server.query(sql)), middle.counts)
      assert.deepEqual(await server.query('select gid from pg_prepared_xacts'), [{ gid: 'in doubt' }])
      assert.deepEqual(await server.query('select count(*)::int as n from gone'), [{ n: 0 }])
      assert.deepEqual(await server.query('select length(lo_get(7)) as n'), [{ n: 49_995 }])
    }

    // Started by us on the other side of the failover, with the tablespace elsewhere.
    const folder = join(primary.folder, 'clone')
    const elsewhere = join(primary.folder, 'moved')
    const port = await freePort()
    const stopLate = await locate({ kind: 'position', text: late.lsn })
    assert.equal(stopLate.through.branch, '00000002')
    const assertions = [
      { database: 'postgres', sql: 'select count(*) > 0 from ledger' },
      { database: 'other', sql: 'select false' },
    ]
    const options = { start: true, port, account: 'nobody', tablespaces: { [space]: elsewhere }, assertions }
    const phases: string[] = []
    const replay = recorded.replay(stopLate, branches)
    const onPhase = (phase: string): void => void phases.push(phase)
    const report = await connector.restore(point, requestFor(folder, { replay, options, onPhase }), systemContext, noSignal)
    await using clone = new Clone(primary, folder, port)
    assert.deepEqual(phases, ['laying-out', 'fetching-log', 'replaying'])
    assert.deepEqual(await countsIn((sql) => clone.query(sql)), late.counts)
    assert.deepEqual(await clone.query('select pg_is_in_recovery() as is, current_setting($$archive_mode$$) as archives'), [
      { is: false, archives: 'off' },
    ])
    const [oid = ''] = (await readdir(join(folder, 'pg_tblspc'))).filter((name) => /^\d+$/.test(name))
    assert.equal(await readlink(join(folder, 'pg_tblspc', oid)), elsewhere)
    assert.doesNotMatch(await readFile(join(folder, 'postgresql.auto.conf'), 'utf8'), /recovery_target|restore_command/)
    const findings = (await connector.verify(point, report, systemContext, noSignal)).filter(({ severity }) => severity !== 'note')
    assert.deepEqual(
      findings.map(({ code, message }) => [code, message]),
      [['postgresql.assertion', 'in other, this is not true: select false']],
    )

    // A server runs there: nothing may be touched.
    await rejects(restore(connector, point, folder, { overwrite: true }), 'target.not-empty')
    assert.deepEqual(await countsIn((sql) => clone.query(sql)), late.counts)
    await clone[Symbol.asyncDispose]()

    // Over the old data directory, to another stop, with the tablespace back in place.
    await writeFile(join(folder, 'left over'), 'x')
    const stopNamed = await locate({ kind: 'name', name: 'before the failover' })
    const again = { ...options, tablespaces: {}, assertions: [] }
    const more = { overwrite: true, options: again, replay: recorded.replay(stopNamed, branches) }
    await restore(connector, point, folder, more)
    await using second = new Clone(primary, folder, port)
    assert.equal((await countsIn((sql) => second.query(sql)))[0], 600)
    assert.ok((await stat(join(folder, 'pg_tblspc', oid))).isDirectory())
    assert.ok(!(await readdir(folder)).includes('left over'))
  })
}

test('a restore that cannot be is refused before anything is changed, and says why', async () => {
  await using server = await PostgresServer.start(15, { settings: serverSettings })
  const connector = createPostgresqlConnector(settingsLike(server))
  await using source = await connector.open(configOf(server), {}, systemContext, noSignal)
  const point = await MemoryPoint.from(await source.snapshot(noSignal))
  const folder = join(server.folder, 'target')
  const without = createPostgresqlConnector({ engineFolders: { 15: '/nonexistent' } })
  const huge = { manifest: { ...point.manifest, counts: { bytes: 2 ** 60 } }, items: refuse, extract: refuse }
  const early = { through: { branch: '00000001', offset: '0000000000000010' } }
  const none = new RecordedLog()
  const cases = [
    ['engine.missing', /postgresql-15/, () => restore(without, point, folder, { options: { start: true, port: 5999 } })],
    ['engine.failed', /port/, () => restore(connector, point, folder, { options: { start: true, port: server.port } })],
    [
      'engine.failed',
      /no-such-account/,
      () => restore(connector, point, folder, { options: { start: true, port: 5999, account: 'no-such-account' } }),
    ],
    ['target.not-empty', /runs on/, () => restore(connector, point, server.dataFolder, { overwrite: true })],
    [
      'target.not-empty',
      /not a folder/,
      () => restore(connector, point, join(server.dataFolder, 'PG_VERSION'), { overwrite: true }),
    ],
    ['storage.no-space', /MiB/, () => restore(connector, huge, folder)],
    ['journal.outside-window', /before/, () => restore(connector, point, folder, { replay: none.replay(early, []) })],
    ['source.config-invalid', /port/, () => restore(connector, point, folder, { options: { start: true } })],
    ['source.config-invalid', /tablespaces/, () => restore(connector, point, folder, { options: { tablespaces: { 7: '/x' } } })],
    [
      'source.config-invalid',
      /tablespaces/,
      () => restore(connector, point, folder, { options: { tablespaces: { 7: 'relative' } } }),
    ],
    ['source.config-invalid', /unknown/, () => restore(connector, point, folder, { options: { unknown: 1 } })],
    ['usage.invalid', /whole/, () => restore(connector, point, folder, { parts: ['ledger'] })],
  ] as const
  for (const [code, message, attempt] of cases) {
    const error = await rejects(attempt(), code)
    assert.match(`${error.message} ${error.hint}`, message)
  }
  assert.ok(!(await readdir(server.folder)).includes('target'))
})

test('a log that ends early ends the restore, and leaves no server behind', async () => {
  await using server = await PostgresServer.start(15, { settings: serverSettings, initdbArgs: ['--wal-segsize=1'] })
  const connector = createPostgresqlConnector(settingsLike(server))
  await using source = await connector.open(configOf(server), {}, systemContext, noSignal)
  const point = await MemoryPoint.from(await source.snapshot(noSignal))
  await server.query('create table t as select generate_series(1, 60000) n')
  const recorded = new RecordedLog()
  assert.ok(source.log !== undefined && point.manifest.begin !== undefined && connector.locate !== undefined)
  await recorded.record(source.log, point.manifest.begin, (await source.log.head(noSignal)).position)
  const stop = await connector.locate(
    recorded.all(),
    { kind: 'position', text: formatLsn(walPlace(recorded.end).lsn) },
    point.manifest,
    noSignal,
  )
  const replay = recorded.replay(stop, await source.log.branches(noSignal))
  const folder = join(server.folder, 'target')
  const options = { start: true, port: await freePort(), account: 'nobody' }
  const torn: RestoreRequest['replay'] = {
    ...replay,
    async *read(after, through) {
      let batches = 0
      for await (const batch of replay.read(after, through, noSignal)) if (batches++ < 2) yield batch
    },
  }
  await rejects(restore(connector, point, folder, { replay: torn, options }), 'journal.gap')
  assert.ok(!(await readdir(folder)).includes('postmaster.pid'))
  await restore(connector, point, folder, { replay, options, overwrite: true })
  await using clone = new Clone(server, folder, options.port)
  assert.deepEqual(await clone.query('select count(*)::int as n from t'), [{ n: 60_000 }])
})

function refuse(): never {
  assert.fail('the point was read')
}

/** Writers of several sessions at once. */
class Load {
  #server: PostgresServer
  #written = 0

  constructor(server: PostgresServer) {
    this.#server = server
  }

  turnTo(server: PostgresServer): void {
    this.#server = server
  }

  /** Rows of three sessions; resolves to where the log stands after them, and what there is then. */
  async write(rows: number): Promise<{ readonly lsn: string; readonly counts: readonly number[] }> {
    const from = this.#written
    this.#written += rows
    const session = async (client: number): Promise<void> => {
      await using connection = await this.#server.connect()
      for (let n = from + client; n < from + rows; n += 3) await connection.query(`insert into ledger values (1, ${n})`)
    }
    await Promise.all([session(0), session(1), session(2)])
    const counts = await countsIn((sql) => this.#server.query(sql))
    const [row] = await this.#server.query('select pg_current_wal_insert_lsn()::text as lsn')
    return { lsn: String(row?.['lsn']), counts }
  }
}

async function countsIn(query: (sql: string) => Promise<readonly Record<string, unknown>[]>): Promise<readonly number[]> {
  const [row] = await query('select count(*)::int as n, coalesce(sum(n), 0)::int as sum from ledger')
  return [Number(row?.['n']), Number(row?.['sum'])]
}

function configOf(...servers: PostgresServer[]) {
  const members = servers.map(({ port }) => ({ host: '127.0.0.1', port }))
  return createPostgresqlConnector().parseConfig({ members, keepsLog: true, tls: 'disable' })
}

async function standbyOf(primary: PostgresServer): Promise<PostgresServer> {
  const standby = await PostgresServer.over(primary.major, async (path) => {
    const args = ['--dbname', primary.url(), '--pgdata', path, '--write-recovery-conf', '--no-sync', '--checkpoint=fast']
    const mapping = `--tablespace-mapping=${join(primary.folder, 'space')}=${join(primary.folder, 'standby-space')}`
    await primary.run('pg_basebackup', [...args, mapping])
  })
  await standby.start()
  return standby
}

async function promote(primary: PostgresServer, standby: PostgresServer): Promise<void> {
  const [row] = await primary.query('select pg_current_wal_flush_lsn()::text as lsn')
  const isThere = async (): Promise<boolean> =>
    (await standby.query('select pg_last_wal_replay_lsn() >= $1::pg_lsn as is', [row?.['lsn']]))[0]?.['is'] === true
  while (!(await isThere())) await systemContext.clock.sleep(20, noSignal)
  await primary.stop('immediate')
  await standby.promote()
}

function requestFor(path: string, more: Partial<RestoreRequest> = {}): RestoreRequest {
  return { target: { kind: 'folder', path }, overwrite: false, onProgress: () => undefined, ...more }
}

function restore(
  connector: ReturnType<typeof createPostgresqlConnector>,
  point: StoredPoint,
  path: string,
  more: Partial<RestoreRequest> = {},
): Promise<RestoreReport> {
  return connector.restore(point, requestFor(path, more), systemContext, noSignal)
}

async function rejects(promise: Promise<unknown>, code: Parameters<typeof isCoffreError>[1]) {
  const error: unknown = await promise.then(
    () => assert.fail(`should be refused with ${code}`),
    (reason: unknown) => reason,
  )
  assert.ok(isCoffreError(error), `${error}`)
  assert.equal(error.code, code, error.message)
  return error
}
