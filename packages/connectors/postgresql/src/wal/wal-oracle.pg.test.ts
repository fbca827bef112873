import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { PostgresServer, postgresMajors, SeededRandom, testSeed } from '@coffre/testkit'
import { LogMap } from './log-map.ts'
import { parseLsn } from './lsn.ts'
import { formatRelationFile } from './record-parts.ts'
import { StampCollector } from './stamp-collector.ts'
import { TargetFinder } from './target-finder.ts'
import { type DumpedEnd, dumpWal } from './testing/wal-dump.ts'
import { readWalFolder } from './testing/wal-files.ts'
import { pageBytes } from './wal-format.ts'
import { recordFilter } from './wal-record.ts'
import { WalWalker } from './wal-walker.ts'

/** All that makes records of unusual form; beside it runs pgbench. */
const workload = [
  `create table shop (id int primary key, word text); create index on shop (word);
   insert into shop select n, 'word ' || n from generate_series(1, 3000) n`,
  `begin; savepoint a; insert into shop values (900001, 'kept'); release a; savepoint b; delete from shop where id < 50; rollback to b;
   savepoint c; update shop set word = 'hot' where id between 60 and 90; commit`,
  `do $$ begin for n in 1 .. 150 loop begin insert into shop values (910000 + n, 'sub');
   if n % 3 = 0 then raise exception 'no'; end if; exception when raise_exception then null; end; end loop; end $$`,
  `begin; delete from shop where id between 100 and 200; savepoint s; delete from shop where id = 201; prepare transaction 'one'`,
  `begin; update shop set word = 'never' where id between 300 and 400; prepare transaction 'two'`,
  `commit prepared 'one'`,
  `rollback prepared 'two'`,
  `create table wide (word text); alter table wide alter word set storage external; insert into wide values (repeat('x', 3000000))`,
  `select pg_logical_emit_message(true, 'note', repeat('m', 2500000))`,
  `select pg_logical_emit_message(false, 'note', 'short')`,
  `select pg_create_restore_point('before the fall')`,
  `checkpoint`,
  `update shop set word = repeat('y', 1500) where id % 7 = 0`,
  `insert into shop select n, 'again' from generate_series(2990, 3010) n on conflict (id) do update set word = 'met'`,
  `create table parts (k int, v int) partition by list (k); create table p1 partition of parts for values in (1);
   create table p2 partition of parts for values in (2); insert into parts select 1, n from generate_series(1, 40) n;
   update parts set k = 2 where v < 10`,
  `create table short as select n from generate_series(1, 2000) n`,
  `select pg_switch_wal()`,
  `truncate short`,
  `begin; create table gone (n int primary key); insert into gone values (1); truncate gone; drop table gone; commit`,
  `vacuum full shop`,
  `begin; drop table wide; rollback`,
  `drop table wide, p1`,
  `delete from shop where id > 500`,
  `create database side`,
  `drop database side`,
]

for (const major of postgresMajors) {
  test(`PostgreSQL ${major}: the log says what pg_waldump says, in pieces of any size`, async () => {
    const random = new SeededRandom(testSeed(`the log of ${major}`))
    await using server = await PostgresServer.start(major, {
      settings: { wal_level: 'logical', wal_keep_size: '1GB', max_prepared_transactions: 10, wal_compression: 'pglz' },
      initdbArgs: ['--wal-segsize=1'],
    })
    await work(server)
    const flushed = parseLsn(String((await server.query('select pg_current_wal_flush_lsn() as lsn'))[0]?.['lsn']))
    await server.stop()
    const { head, bytes } = await readWalFolder(join(server.dataFolder, 'pg_wal'))
    assert.deepEqual({ major: head.major, segmentBytes: head.segmentBytes }, { major, segmentBytes: 2 ** 20 })
    const options = { ...head, checksums: true, atInvalid: 'end' } as const

    const whole = read(options, bytes, () => bytes.length)
    assert.ok(whole.end >= flushed, `the log ends at ${whole.end}, but ${flushed} was flushed`)
    const dump = await dumpWal(server, head.start, whole.end)
    assert.equal(whole.records, dump.records)
    assert.deepEqual(whole.ends, dump.ends)
    for (const kind of ['commit', 'abort', 'commit-prepared', 'abort-prepared']) {
      assert.ok(
        dump.ends.some((end) => end.kind === kind),
        `the workload had no ${kind}`,
      )
    }
    assert.deepEqual(whole.events, expectedEvents)

    const log = bytes.subarray(0, whole.end - head.start)
    for (const sizeMax of [300, 9000, 300_000]) {
      const pieces = read({ ...options, atInvalid: 'fail' }, log, () => 1 + random.integer(sizeMax))
      assert.deepEqual(pieces.ends, dump.ends, `pieces of up to ${sizeMax} bytes`)
    }
    compareStarts(options, log, dump.ends, random)
    compareTimes(options, log, dump.ends, random)
  })
}

/** Of tables, their indexes and TOAST tables, sorted. pgbench truncates its four tables when it fills them. */
const expectedEvents = [
  'drop 4 relations',
  'drop-database 1 relations',
  'mass-delete 1 relations',
  'truncate 1 relations',
  'truncate 4 relations',
  'truncate-or-rewrite 1 relations',
  'truncate-or-rewrite 4 relations',
  'truncate-or-rewrite 5 relations',
]

async function work(server: PostgresServer): Promise<void> {
  await server.run('pgbench', ['--initialize', '--scale=1', '--quiet', 'postgres'])
  const others = server.run('pgbench', ['--no-vacuum', '--client=3', '--transactions=300', 'postgres'])
  await using client = await server.connect()
  for (const sql of workload) await client.query(sql)
  await others
}

type ReadOptions = Omit<ConstructorParameters<typeof WalWalker>[0], 'wanted' | 'onRecord'>

const everything = recordFilter(
  Array.from({ length: 256 }, (_, manager) => ({ rmgr: manager, infos: Array.from({ length: 16 }, (_, kind) => kind << 4) })),
)

function read(options: ReadOptions, bytes: Uint8Array, nextLength: () => number) {
  const ends: DumpedEnd[] = []
  const names = { ofFile: () => undefined, ofRelation: () => undefined, ofDatabase: () => undefined }
  const map = new LogMap({
    major: options.major,
    names,
    massRowsMin: 2000,
    onEnd: ({ kind, start, previous, xid, timeUs, subxids, removed }, changes) => {
      const counted = [...(changes?.files() ?? [])].map((file) => ({ path: formatRelationFile(file), file }))
      const sorted = counted.sort((a, b) => (a.path < b.path ? -1 : 1))
      const files = Object.fromEntries(
        sorted.map(({ path, file }) => [path, `${file.inserts}/${file.updates}/${file.deletes}`] as const),
      )
      ends.push({ kind, start, previous, xid, timeUs, subxids, removed: removed.map(formatRelationFile), files })
    },
  })
  let records = 0
  const onRecord: ConstructorParameters<typeof WalWalker>[0]['onRecord'] = (record) => {
    records++
    if (LogMap.wanted[(record.rmgr << 4) | (record.info >> 4)] === 1) map.add(record)
  }
  const walker = new WalWalker({ ...options, wanted: everything, onRecord })
  for (let at = 0; at < bytes.length && walker.end === undefined; ) {
    const piece = bytes.subarray(at, at + nextLength())
    walker.push(piece)
    at += piece.length
  }
  const events = map.minutes().flatMap((minute) => minute.events)
  return {
    ends,
    records,
    end: walker.end?.lsn ?? walker.position,
    events: events.map(({ kind, relations }) => `${kind} ${relations.length} relations`).sort(),
  }
}

/** A log that is read from any of its pages has the ends that begin there. */
function compareStarts(
  options: ReadOptions & { start: number },
  log: Uint8Array,
  ends: readonly DumpedEnd[],
  random: SeededRandom,
) {
  for (let round = 0; round < 20; round++) {
    const segment = random.integer(Math.floor(log.length / options.segmentBytes))
    const skipped = segment * options.segmentBytes
    const start = options.start + skipped
    const found: number[] = []
    const onRecord = (record: { readonly start: number }) => found.push(record.start)
    const walker = new WalWalker({ ...options, start, wanted: StampCollector.wanted, onRecord })
    walker.push(log.subarray(skipped, skipped + 40 * pageBytes))
    const expected = ends.map((end) => end.start).filter((at) => at >= start)
    assert.deepEqual(found, expected.slice(0, found.length), `from ${start}`)
    assert.ok(found.length > 0 || (expected[0] ?? Number.POSITIVE_INFINITY) + 8192 > walker.position, `from ${start}`)
  }
}

/** For random times: the stop lies before the first end that is stamped later. */
function compareTimes(options: ReadOptions, log: Uint8Array, ends: readonly DumpedEnd[], random: SeededRandom) {
  for (let round = 0; round < 20; round++) {
    const timeUs = (ends[random.integer(ends.length)]?.timeUs ?? 0) - random.integer(2)
    const finder = new TargetFinder({ kind: 'time', timeUs }, options)
    for (let at = 0; at < log.length && !finder.push(log.subarray(at, at + 100_000)); ) at += 100_000
    const stop = finder.stop()
    const index = ends.findIndex((end) => end.timeUs > timeUs)
    const kept = index < 0 ? ends : ends.slice(0, index)
    assert.deepEqual([stop?.lastKept?.start, stop?.firstLeftOut?.start], [kept.at(-1)?.start, ends[kept.length]?.start])
    if (index >= 0) assert.equal(stop?.targetLsn, ends[index]?.previous)
  }
}
