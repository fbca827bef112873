import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Context, dayMs, hourMs, systemContext } from '@coffre/foundation'
import { listSnapshots } from '@coffre/repository'
import { type TemporaryFolder, temporaryFolder } from '@coffre/testkit'
import { sql } from 'kysely'
import { AuditLog } from '../audit/audit-log.ts'
import { startRestore } from '../jobs/start-restore.ts'
import { startDueCatalogueBackup } from '../scheduler/due-catalogue-backups.ts'
import { startDueRecords } from '../scheduler/due-records.ts'
import { serverSettings } from '../server/server-settings.ts'
import { restic } from '../testing/restic.ts'
import { startTestCatalogue, type TestCatalogue } from '../testing/test-catalogue.ts'
import { TestWorker } from '../testing/test-worker.ts'
import { openVault } from '../worker/open-vault.ts'
import { isCatalogueSnapshot } from './catalogue-archive.ts'
import { openOwnCatalogue } from './open-own-catalogue.ts'
import { runRestore } from './restore-command.ts'

const signal = new AbortController().signal
const unexpected = (line: string): void => assert.fail(line)
let its: TestCatalogue
let folder: TemporaryFolder
let laterMs = 0
const context: Context = { ...systemContext, clock: { ...systemContext.clock, nowMs: () => systemContext.clock.nowMs() + laterMs } }

before(async () => {
  its = await startTestCatalogue()
  folder = await temporaryFolder()
})
after(async () => {
  await folder[Symbol.asyncDispose]()
  await its[Symbol.asyncDispose]()
})

test('a lost server comes back with its people, its secrets and what came after its last backup', async () => {
  const worker = await TestWorker.start(its, { context })
  const { catalogue } = worker.parts
  const location = join(folder.path, 'vault')
  assert.equal(await startDueCatalogueBackup(worker.parts), 0)
  const { id: vaultId, recoveryKey } = await worker.vault('main', { location })
  await writeFile(join(folder.path, 'file'), 'first')
  await worker.source('docs', join(folder.path, 'file'))
  const first = await worker.backup('docs', 'main')
  const secretId = await worker.parts.secrets.put(worker.projectId, 'source', Buffer.from('hunter2'), catalogue)
  const [user, session] = ['01890000-0000-7000-8000-000000000001', '01890000-0000-7000-8000-000000000002']
  await sql`insert into user_account values (${user}, ${worker.orgId}, 'ada', 'Ada', '$argon2id$', now(), now(), 'test')`.execute(
    catalogue,
  )
  await sql`insert into session values (${session}, ${user}, '\\x00', now(), now(), now() + interval '1 day')`.execute(catalogue)
  const { orgId, projectId } = worker
  const event = {
    orgId,
    projectId,
    principal: 'user:one',
    operation: 'test',
    target: null,
    outcome: 'ALLOWED',
    code: null,
    address: null,
  } as const
  await new AuditLog(catalogue, context).append({ ...event, detail: {}, requestId: null })

  assert.equal(await startDueCatalogueBackup(worker.parts), 1)
  assert.equal(await startDueCatalogueBackup(worker.parts), 0)
  const [backup] = await worker.doAll()
  assert.deepEqual([backup?.kind, backup?.state], ['CATALOGUE_BACKUP', 'COMPLETED'], JSON.stringify(backup?.error))
  assert.equal(await startDueCatalogueBackup(worker.parts), 0)
  const points = await catalogue.selectFrom('point').select('id').execute()
  assert.deepEqual(points, [{ id: first.id }])
  // What comes afterwards: a point, a longer audit log that the vault has an anchor of.
  await writeFile(join(folder.path, 'file'), 'second')
  const second = await worker.backup('docs', 'main')
  assert.equal(await readFile(join(folder.path, 'file'), 'utf8'), 'second')
  await new AuditLog(catalogue, context).append({ ...event, detail: {}, requestId: null })
  await startDueRecords(worker.parts)
  assert.ok((await worker.doAll()).every(({ state }) => state === 'COMPLETED'))

  const [kitFile, keyFile] = [join(folder.path, 'kit'), join(folder.path, 'key')]
  const masterKey = (await readFile(join(its.stateFolder, 'master-key'), 'utf8')).trim()
  await writeFile(kitFile, `COFFRE - SERVER KIT\n\n  MASTER KEY / CLÉ MAÎTRESSE\n\n      ${masterKey}\n\n  more\n`)
  await writeFile(keyFile, `${recoveryKey}\n`)
  const state = join(folder.path, 'state')
  const settings = serverSettings({ COFFRE_STATE: state }, false)
  const order = { vaults: [location], recoveryKeyFiles: [keyFile], kitFile }
  const wrongKit = join(folder.path, 'wrong')
  await writeFile(wrongKit, Buffer.alloc(32, 7).toString('base64url'))
  await assert.rejects(runRestore({ ...order, kitFile: wrongKit }, settings, context, unexpected, signal), {
    code: 'snapshot.missing',
  })
  await assert.rejects(runRestore({ ...order, kitFile: keyFile }, settings, context, unexpected, signal), {
    code: 'secret.master-key',
  })
  await assert.rejects(runRestore({ ...order, recoveryKeyFiles: [kitFile] }, settings, context, unexpected, signal), {
    code: 'repository.password',
  })
  const restored = await runRestore(order, settings, context, unexpected, signal)
  assert.deepEqual([restored.added, restored.gone, restored.unknown], [1, 0, []])
  await assert.rejects(runRestore(order, settings, context, unexpected, signal), { code: 'catalogue.not-empty' })

  await using own = await openOwnCatalogue(settings, context, unexpected, signal)
  const server = await TestWorker.start({ catalogue: own.catalogue, stateFolder: state }, { context, tenant: { orgId, projectId } })
  assert.equal((await server.parts.secrets.get(secretId, 'source')).toString(), 'hunter2')
  const people = await own.catalogue.selectFrom('userAccount').select(['name', 'passwordHash']).execute()
  assert.deepEqual(people, [{ name: 'ada', passwordHash: '$argon2id$' }])
  const { revokedAt } = await own.catalogue.selectFrom('session').select('revokedAt').executeTakeFirstOrThrow()
  assert.ok(revokedAt !== null)
  const known = await own.catalogue.selectFrom('point').select('snapshotId').orderBy('createdAt').execute()
  assert.deepEqual(known, [{ snapshotId: first.snapshotId }, { snapshotId: second.snapshotId }])
  const open = await own.catalogue.selectFrom('job').select(['kind', 'state']).where('completedAt', 'is', null).execute()
  assert.ok(open.every(({ kind }) => kind === 'VERIFY'))
  // The vault opens with the key file of the lost server; the log goes on, and its anchors agree with it.
  const to = join(folder.path, 'out')
  await mkdir(to)
  await startRestore(server.parts, {
    projectId,
    source: 'docs',
    point: undefined,
    at: undefined,
    to,
    overwrite: false,
    createdBy: 'test',
  })
  laterMs += 2 * hourMs
  await own.catalogue.deleteFrom('vaultRecord').execute()
  await startDueRecords(server.parts)
  const done = await server.doAll()
  assert.ok(
    done.length >= 2 && done.every(({ state: end }) => end === 'COMPLETED'),
    JSON.stringify(done.map(({ kind, message }) => [kind, message])),
  )
  assert.equal(await readFile(join(to, 'file'), 'utf8'), 'second')

  // Fourteen days are kept, of a day the newest.
  for (let day = 0; day < 16; day++) {
    laterMs += dayMs
    assert.equal(await startDueCatalogueBackup(server.parts), 1)
    assert.deepEqual(
      (await server.doAll()).map(({ state: end }) => end),
      ['COMPLETED'],
    )
  }
  await using vault = await openVault(server.parts, vaultId, 'keeper', signal)
  const snapshots = await listSnapshots(vault.repository, signal, unexpected)
  assert.equal(snapshots.filter(isCatalogueSnapshot).length, 14)
  assert.equal(snapshots.length, 16)
  await restic(location, recoveryKey, ['check', '--read-data'])
})
