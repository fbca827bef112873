import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { systemContext } from '@coffre/foundation'
import { SeededRandom, testSeed } from '@coffre/testkit'
import { sql } from 'kysely'
import { AuditLog } from '../audit/audit-log.ts'
import type { Catalogue } from '../catalogue/database.ts'
import { makePoint, makeTenantObjects } from '../testing/tenant-objects.ts'
import { startTestCatalogue, type TestCatalogue } from '../testing/test-catalogue.ts'
import { openArchive, sealArchive } from './catalogue-archive.ts'
import { exportCatalogue } from './export-catalogue.ts'
import { importCatalogue } from './import-catalogue.ts'

const signal = new AbortController().signal
const about = { version: '1.2.3', madeAt: '2026-01-02T03:04:05.678Z' }
let full: TestCatalogue
let empty: TestCatalogue

before(async () => {
  full = await startTestCatalogue()
  empty = await startTestCatalogue()
})
after(async () => {
  await full[Symbol.asyncDispose]()
  await empty[Symbol.asyncDispose]()
})

async function exported(catalogue: Catalogue): Promise<string[]> {
  const chunks: Uint8Array[] = []
  for await (const chunk of exportCatalogue(catalogue, about, signal)) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8').split('\n').slice(0, -1)
}

async function* each<Value>(values: readonly Value[]): AsyncGenerator<Value> {
  yield* values
}

function imported(lines: AsyncIterable<string>): Promise<unknown> {
  return empty.catalogue.transaction().execute((within) => importCatalogue(lines, within, signal))
}

/** More rows than are read at once, references within a table, and values that are easily written wrongly. */
async function fill(catalogue: Catalogue): Promise<void> {
  const { ids, orgId, projectId } = await makeTenantObjects(catalogue, systemContext, 'full')
  const { vault = '', source = '', job = '' } = ids
  const points: string[] = []
  for (let n = 0; n < 450; n++)
    points.push(await makePoint(catalogue, systemContext, { projectId, vaultId: vault, sourceId: source }))
  // The first refers to the last: no order of rows would do.
  await catalogue
    .updateTable('point')
    .set({ sourcePointId: points.at(-1) ?? '' })
    .where('id', '=', points[0] ?? '')
    .execute()
  const odd = ['a\nb', '"\\', 'é🙂', '', '{}', '\u0001', "'"]
  await catalogue
    .updateTable('point')
    .set({ keepLevels: odd, description: odd.join(''), tags: undefined } as never)
    .where('id', '=', points[1] ?? '')
    .execute()
  for (const message of odd)
    await catalogue.insertInto('jobLog').values({ jobId: job, at: new Date(), level: 'info', message }).execute()
  await sql`insert into setting values (${orgId}, null, 'nothing', 'null', now(), 'test'), (${orgId}, null, 'large', '[12345678901234567890.123]', now(), 'test')`.execute(
    catalogue,
  )
  const event = {
    orgId,
    projectId,
    principal: 'user:one',
    operation: 'test',
    target: null,
    outcome: 'ALLOWED',
    code: null,
  } as const
  for (let n = 0; n < 3; n++)
    await new AuditLog(catalogue, systemContext).append({ ...event, detail: { n, é: '\n' }, address: '10.0.0.1', requestId: null })
}

test('what an empty catalogue is filled with is what was exported, whatever is wrong changes nothing', async (t) => {
  await fill(full.catalogue)
  const lines = await exported(full.catalogue)
  const wrong: readonly (readonly [what: string, lines: readonly string[], code: string])[] = [
    ['no end', lines.slice(0, -1), 'repository.damaged'],
    [
      'a row less',
      lines.toSpliced(
        lines.findLastIndex((line) => line.startsWith('[')),
        1,
      ),
      'repository.damaged',
    ],
    ['nothing', [], 'repository.damaged'],
    ['more', [...lines, '{}'], 'repository.damaged'],
    ['no JSON', [lines[0] ?? '', 'x'], 'repository.damaged'],
    ['another table', [lines[0] ?? '', '{"table":"other","columns":[{"name":"id","type":"uuid"}]}'], 'repository.damaged'],
    ['newer', [(lines[0] ?? '').replace(/"layout":".*?"/, '"layout":"9999-later"'), ...lines.slice(1)], 'catalogue.newer'],
    ['older', [(lines[0] ?? '').replace(/"layout":".*?"/, '"layout":"0001-first"'), ...lines.slice(1)], 'repository.format-old'],
  ]
  for (const [what, changed, code] of wrong) {
    await assert.rejects(imported(each(changed)), { code }, what)
    assert.deepEqual(await empty.catalogue.selectFrom('org').select('id').execute(), [], what)
  }
  // A row that another one refers to is missing, though all are counted.
  const lost = lines.findIndex((line) => line.includes('"full-vault"'))
  const end = JSON.stringify({ rows: (JSON.parse(lines.at(-1) ?? '') as { rows: number }).rows - 1 })
  await assert.rejects(imported(each([...lines.filter((_, at) => at !== lost).slice(0, -1), end])), /foreign key/)

  const random = new SeededRandom(testSeed(t.name))
  const master = { id: 'one', bytes: Buffer.from(random.bytes(32)) }
  const sealed: Uint8Array[] = []
  for await (const chunk of sealArchive(master, random, each([Buffer.from(`${lines.join('\n')}\n`)]))) sealed.push(chunk)
  const archive = Buffer.concat(sealed)
  assert.ok(!archive.includes('full-vault'))
  const changed = Buffer.from(archive)
  changed[archive.length >> 1] = (changed[archive.length >> 1] ?? 0) ^ 1
  for (const bad of [archive.subarray(0, -1), archive.subarray(0, 200), changed])
    await assert.rejects(imported(openArchive(master, each([bad]))), { code: 'secret.unreadable' })
  assert.deepEqual(await empty.catalogue.selectFrom('org').select('id').execute(), [])

  await imported(openArchive(master, each([archive])))
  assert.deepEqual(await exported(empty.catalogue), lines)
  const verdict = await new AuditLog(empty.catalogue, systemContext).append({
    ...{ orgId: (await empty.catalogue.selectFrom('org').select('id').executeTakeFirstOrThrow()).id, projectId: null },
    ...{
      principal: 'system',
      operation: 'test',
      target: null,
      outcome: 'ALLOWED',
      code: null,
      detail: {},
      address: null,
      requestId: null,
    },
  })
  assert.equal(verdict, 4)
  // References hold again, and numbers go on.
  await assert.rejects(sql`delete from vault`.execute(empty.catalogue), /foreign key/)
  const { jobId, number } = await empty.catalogue
    .insertInto('jobLog')
    .values({
      ...(await empty.catalogue
        .selectFrom('jobLog')
        .select(['jobId', 'at', 'level', 'message'])
        .limit(1)
        .executeTakeFirstOrThrow()),
    })
    .returning(['jobId', 'number'])
    .executeTakeFirstOrThrow()
  assert.ok(jobId !== '' && Number(number) === 8)
})
