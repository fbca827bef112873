import assert from 'node:assert/strict'
import { appendFile, cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { PostgresServer, postgresMajors, SeededRandom, testSeed } from '@coffre/testkit'
import { formatLsn, parseLsn } from './lsn.ts'
import { RecordParts } from './record-parts.ts'
import { StampCollector } from './stamp-collector.ts'
import { TargetFinder, type WalStop, type WalTarget } from './target-finder.ts'
import { readWalFolder } from './testing/wal-files.ts'
import { readTransactionEnd, type TransactionEnd } from './transaction-end.ts'
import { WalWalker } from './wal-walker.ts'

for (const major of postgresMajors) {
  test(`PostgreSQL ${major} keeps exactly what a target says`, async () => {
    const random = new SeededRandom(testSeed(`the targets of ${major}`))
    await using server = await PostgresServer.start(major, { settings: { wal_keep_size: '1GB', max_prepared_transactions: 5 } })
    await server.query('create table ledger (xid bigint, n int)')
    const base = join(server.folder, 'base')
    const backup = ['--dbname', server.url(), '--pgdata', base, '--wal-method=none', '--checkpoint=fast', '--no-sync']
    await server.run('pg_basebackup', backup)
    const wanted = await writeLedger(server, random)
    const ledger = (await server.query('select xid::int as xid from ledger')).map(({ xid }) => Number(xid))
    await server.stop()

    const { head, bytes } = await readWalFolder(join(server.dataFolder, 'pg_wal'))
    const ends = endsOf(head, bytes)
    const later = ends.slice(-100)
    const some = () => later[random.integer(later.length - 1)] ?? assert.fail('no end')
    const targets: readonly WalTarget[] = [
      { kind: 'time', timeUs: some().timeUs },
      { kind: 'time', timeUs: some().timeUs - 1 },
      { kind: 'transaction', xid: some().xid },
      { kind: 'restore-point', name: 'half way' },
      { kind: 'lsn', lsn: wanted },
    ]
    for (const target of targets) {
      const finder = new TargetFinder(target, { ...head, checksums: true, atInvalid: 'end' })
      finder.push(bytes)
      const stop = finder.stop()
      assert.ok(stop !== undefined)
      const kept = new Set(ends.filter(({ start }) => start <= (stop.lastKept?.start ?? 0)).map(({ xid }) => xid))
      const expected = ledger.filter((xid) => kept.has(xid)).sort((a, b) => a - b)
      assert.ok(expected.length > 0 && expected.length < ledger.length, `${JSON.stringify(target)} keeps ${expected.length}`)
      assert.deepEqual(await recovered(server, base, stop), expected, JSON.stringify(target))
    }
  })
}

/** Commits, rollbacks and prepared transactions; resolves to a position in their midst. */
async function writeLedger(server: PostgresServer, random: SeededRandom): Promise<number> {
  await using client = await server.connect()
  const write = (n: number) => `insert into ledger values (pg_current_xact_id()::text::bigint, ${n})`
  let middle = '0/0'
  for (let n = 0; n < 150; n++) {
    const kind = random.integer(8)
    if (n === 90) await client.query(`select pg_create_restore_point('half way')`)
    if (n === 110) middle = String((await server.query('select pg_current_wal_insert_lsn() as lsn'))[0]?.['lsn'])
    if (kind === 0) await client.query(`begin; ${write(n)}; rollback`)
    else if (kind === 1)
      await client.query(`begin; ${write(n)}; prepare transaction 'p${n}'`).then(() => client.query(`commit prepared 'p${n}'`))
    else await client.query(write(n))
  }
  return parseLsn(middle)
}

function endsOf(head: Awaited<ReturnType<typeof readWalFolder>>['head'], bytes: Uint8Array): readonly TransactionEnd[] {
  const ends: TransactionEnd[] = []
  const parts = new RecordParts()
  const walker = new WalWalker({
    ...head,
    checksums: true,
    atInvalid: 'end',
    wanted: StampCollector.wanted,
    onRecord: (record) => ends.push(readTransactionEnd(record, parts, head.major)),
  })
  walker.push(bytes)
  return ends
}

/** What the ledger says after a recovery that PostgreSQL itself ends at the stop. */
async function recovered(server: PostgresServer, base: string, stop: WalStop): Promise<readonly number[]> {
  await using restored = await PostgresServer.over(server.major, async (dataFolder) => {
    await cp(base, dataFolder, { recursive: true })
    await writeFile(join(dataFolder, 'recovery.signal'), '')
    const lines = [
      `restore_command = 'cp "${server.dataFolder}/pg_wal/%f" "%p"'`,
      `recovery_target_lsn = '${formatLsn(stop.targetLsn)}'`,
      `recovery_target_action = 'promote'`,
      // Without it, the server accepts connections before it has reached the target.
      `hot_standby = off`,
    ]
    await appendFile(join(dataFolder, 'postgresql.conf'), `${lines.join('\n')}\n`)
  })
  await restored.start()
  return (await restored.query('select xid::int as xid from ledger order by xid')).map(({ xid }) => Number(xid))
}
