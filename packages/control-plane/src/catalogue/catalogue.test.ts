import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { systemContext } from '@coffre/foundation'
import { sql } from 'kysely'
import { makeProject, startTestCatalogue, type TestCatalogue } from '../testing/test-catalogue.ts'
import { newHexId, newId } from './new-id.ts'
import { openCatalogue } from './open-catalogue.ts'

let its: TestCatalogue

before(async () => {
  its = await startTestCatalogue()
})
after(() => its[Symbol.asyncDispose]())

test('servers that start at once bring the catalogue up to date together', async () => {
  const opened = await Promise.all([1, 2, 3].map(() => openCatalogue(its.location, 2)))
  for (const one of opened) await one[Symbol.asyncDispose]()
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(its.catalogue)
  assert.deepEqual(
    rows.map(({ name }) => name),
    [
      '0001-tenants-and-policy',
      '0002-work-and-points',
      '0003-people-and-records',
      '0004-users-and-sessions',
      '0005-vault-records',
      '0006-job-failures',
      '0007-locked-vaults',
      '0008-streams',
      '0009-restore-secrets',
      '0010-job-phases',
    ],
  )
})

test('a catalogue of a newer version is refused and left as it is', async () => {
  await sql`insert into kysely_migration (name, timestamp) values ('9999-of-tomorrow', '2030')`.execute(its.catalogue)
  try {
    await assert.rejects(openCatalogue(its.location, 2), { code: 'catalogue.newer' })
  } finally {
    await sql`delete from kysely_migration where name = '9999-of-tomorrow'`.execute(its.catalogue)
  }
  await (await openCatalogue(its.location, 2))[Symbol.asyncDispose]()
})

test('a database that does not answer is said so, without its password', async () => {
  const url = 'postgres://coffre:s3cret@127.0.0.1:1/coffre'
  await assert.rejects(openCatalogue({ kind: 'external', url }, 2), (error: Error & { code?: string }) => {
    assert.equal(error.code, 'catalogue.unavailable')
    assert.ok(!`${error.message}${error.stack}`.includes('s3cret'))
    return true
  })
})

test('what tables promise: names are unique among what is not deleted, an occurrence is one, audit entries are final', async () => {
  const { catalogue } = its
  const { orgId, projectId } = await makeProject(catalogue, systemContext, 'promises')
  const vault = (name: string, location: string) => ({
    id: newId(systemContext),
    projectId,
    accountLabel: '000000000000',
    regionLabel: 'local',
    name,
    kind: 'BACKUP_VAULT' as const,
    state: 'AVAILABLE' as const,
    location,
    createdAt: new Date(),
  })
  await catalogue.insertInto('vault').values(vault('main', '/a')).execute()
  await assert.rejects(catalogue.insertInto('vault').values(vault('main', '/b')).execute(), { constraint: 'vault_name' })
  await assert.rejects(catalogue.insertInto('vault').values(vault('other', '/a')).execute(), { constraint: 'vault_location' })
  await catalogue.updateTable('vault').set({ deletionDate: new Date() }).where('name', '=', 'main').execute()
  await catalogue.insertInto('vault').values(vault('main', '/a')).execute()

  const entry = {
    number: 1,
    at: new Date(),
    orgId,
    principal: 'user:a',
    operation: 'vaults.create',
    outcome: 'ALLOWED' as const,
    detail: JSON.stringify({}),
    previousHash: Buffer.alloc(32),
    hash: Buffer.alloc(32, 1),
  }
  await catalogue.insertInto('auditEntry').values(entry).execute()
  await assert.rejects(catalogue.updateTable('auditEntry').set({ principal: 'user:b' }).execute(), /never changed/)
  await assert.rejects(catalogue.deleteFrom('auditEntry').execute(), /never changed/)
  await assert.rejects(sql`truncate audit_entry cascade`.execute(catalogue), /never changed/)
})

test('sizes come as exact numbers, and one that does not fit is an error', async () => {
  const exact = await sql<{ n: number }>`select 9007199254740991::bigint as n`.execute(its.catalogue)
  assert.equal(exact.rows[0]?.n, Number.MAX_SAFE_INTEGER)
  await assert.rejects(sql`select 9007199254740993::bigint as n`.execute(its.catalogue), RangeError)
})

test('ids are versioned, unique, and in the order of their making', () => {
  const ids = Array.from({ length: 1000 }, () => newId(systemContext))
  assert.equal(new Set(ids).size, ids.length)
  for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  const at = (nowMs: number) => newId({ ...systemContext, clock: { ...systemContext.clock, nowMs: () => nowMs } })
  assert.ok(at(1_700_000_000_000) < at(1_700_000_000_001))
  assert.match(newHexId(systemContext), /^[0-9a-f]{24}$/)
})
