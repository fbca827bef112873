import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import {
  DeleteObjectCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  PutObjectLockConfigurationCommand,
  PutObjectRetentionCommand,
} from '@aws-sdk/client-s3'
import {
  ApiProblem,
  deletePoint,
  getPoint,
  getVault,
  getVaultPolicies,
  listAlarms,
  setVaultLock,
  startHeal,
  startPrune,
} from '@coffre/api-contract'
import { dayMs, systemContext } from '@coffre/foundation'
import { formatLocation, pathOf } from '@coffre/storage'
import { startVersitygw, type Versitygw } from '@coffre/testkit'
import { renewAlarms } from '../alarms/alarm-book.ts'
import { findTroubles } from '../alarms/find-troubles.ts'
import { startRestore } from '../jobs/start-restore.ts'
import { applyRetention } from '../scheduler/retention.ts'
import { type LockedStage, stageLockedVault, withClient } from '../testing/locked-stage.ts'
import { PeopleApi, type Person } from '../testing/people-api.ts'
import { restic } from '../testing/restic.ts'
import { TestWorker } from '../testing/test-worker.ts'

/** What is promised of vaults with object lock: nobody destroys a byte before its term, by whatever way; see docs/object-lock.md. */
const signal = new AbortController().signal

let api: PeopleApi
let admin: Person
let service: Versitygw
before(async () => {
  api = await PeopleApi.start()
  followTime()
  admin = await api.person('admin', ['backup-administrator'])
  service = await startVersitygw()
})
after(async () => {
  await service[Symbol.asyncDispose]()
  await api[Symbol.asyncDispose]()
})

/** The server's clock stands still unless it is moved; the storage's does not. */
function followTime(): void {
  api.clock.advance(systemContext.clock.nowMs() - api.clock.nowMs())
}

const codeIs = (code: string) => (error: unknown) => error instanceof ApiProblem && error.problem.code === code

/** The name of the error that the storage answers with; `ok` when it obeys. */
async function answer(request: Promise<unknown>): Promise<string> {
  try {
    await request
    return 'ok'
  } catch (error) {
    return error instanceof Error ? error.name : String(error)
  }
}

type Stored = Awaited<ReturnType<LockedStage['stored']>>

/** Every version that was there is there, whole, and locked for at least as long. */
async function assertNothingLost(stage: LockedStage, earlier: Stored): Promise<void> {
  const now = new Map((await stage.stored()).map((stored) => [stored.version.versionId, stored]))
  for (const { version, retention } of earlier) {
    const found = now.get(version.versionId)
    assert.equal(found?.version.sizeBytes, version.sizeBytes, pathOf(version))
    assert.equal(found?.retention?.mode, retention?.mode, pathOf(version))
    assert.ok((found?.retention?.until ?? new Date(0)) >= (retention?.until ?? new Date(0)), pathOf(version))
  }
}

async function restored(stage: LockedStage): Promise<string> {
  const to = await mkdtemp(join(tmpdir(), 'coffre-locked-'))
  try {
    const { parts, projectId } = stage.worker
    const order = { projectId, source: `docs-${stage.name}`, point: undefined, at: undefined, to, overwrite: true }
    await startRestore(parts, { ...order, createdBy: 'test' })
    const jobs = await stage.worker.doAll()
    assert.deepEqual(
      jobs.filter(({ kind }) => kind === 'RESTORE').map(({ state }) => state),
      ['COMPLETED'],
    )
    return await readFile(join(to, 'file'), 'utf8')
  } finally {
    await rm(to, { recursive: true })
  }
}

/** Looks into the vault as the server does, and resolves to what the alarms say of it. */
async function lookedAt(stage: LockedStage, dryRun = false): Promise<string[]> {
  followTime()
  await admin.client.call(startHeal, { params: { vault: stage.name }, body: { dryRun } })
  const jobs = await stage.worker.doAll()
  const look = jobs.find(({ kind }) => kind === 'HEAL')
  assert.ok(look && ['COMPLETED', 'PARTIAL'].includes(look.state), JSON.stringify(look?.error))
  const { catalogue, context } = stage.worker.parts
  const troubles = await findTroubles(catalogue, context, api.its.projectId)
  await renewAlarms(catalogue, context, { id: api.its.projectId, orgId: api.its.orgId }, troubles)
  const { items } = await admin.client.call(listAlarms, { query: {} })
  return items
    .filter(({ kind, subject, clearedAt }) => kind === 'vault.tampered' && subject.id === stage.vaultId && clearedAt === null)
    .map(({ message }) => message)
}

for (const mode of ['governance', 'compliance'] as const) {
  test(`a vault under ${mode} lock lets nobody destroy what is in it`, async (t) => {
    await using stage = await stageLockedVault(api.its, service, mode)
    const { worker, bucket: Bucket } = stage
    const { catalogue, context } = worker.parts
    const older = await worker.backup(`docs-${mode}`, mode, { deleteAfter: '7d' })
    await writeFile(join(stage.folder, 'file'), `the new content of ${mode}`)
    const newer = await worker.backup(`docs-${mode}`, mode, { deleteAfter: '40d' })
    assert.deepEqual([older.state, newer.state], ['COMPLETED', 'COMPLETED'])
    const earlier = await stage.stored()
    assert.ok(earlier.length > 10)
    const free = earlier.filter(({ retention }) => retention?.mode !== mode).map(({ version }) => pathOf(version))
    assert.deepEqual(free, [])
    assert.deepEqual(await lookedAt(stage), [])

    const stateOf = async (id: string) => {
      const row = await catalogue.selectFrom('point').select(['state', 'lockUntil']).where('id', '=', id).executeTakeFirstOrThrow()
      return { state: row.state, isLocked: row.lockUntil !== null && row.lockUntil.getTime() > context.clock.nowMs() }
    }

    await t.test('the API refuses, whatever is asked of it', async () => {
      const params = { point: older.id }
      await assert.rejects(admin.client.call(deletePoint, { params, query: { evenLast: 'true' } }), codeIs('point.locked'))
      assert.equal((await admin.client.call(getPoint, { params })).state, 'COMPLETED')
    })

    await t.test('a catalogue that lies about the lock does not help: the vault itself refuses, and tells its term', async () => {
      await catalogue.updateTable('point').set({ lockUntil: null }).where('id', '=', older.id).execute()
      await admin.client.call(deletePoint, { params: { point: older.id }, query: { evenLast: 'true' } })
      await admin.client.call(startPrune, { params: { vault: mode }, body: {} })
      const jobs = await worker.doAll()
      assert.deepEqual(jobs.map(({ kind, state }) => `${kind} ${state}`).sort(), ['EXPIRE PARTIAL', 'PRUNE COMPLETED'])
      assert.deepEqual(await stateOf(older.id), { state: 'COMPLETED', isLocked: true })
      await assertNothingLost(stage, earlier)
    })

    await t.test('a server and a worker whose clocks are ahead remove nothing', async () => {
      const ahead = await stage.workerAhead(400 * dayMs)
      await applyRetention(ahead.parts, signal)
      await admin.client.call(startPrune, { params: { vault: mode }, body: {} })
      const jobs = await ahead.doAll()
      assert.ok(jobs.some(({ kind, state }) => kind === 'EXPIRE' && state === 'PARTIAL'))
      assert.deepEqual([await stateOf(older.id), await stateOf(newer.id)], Array(2).fill({ state: 'COMPLETED', isLocked: true }))
      await assertNothingLost(stage, earlier)
    })

    for (const who of ['writer', 'keeper'] as const) {
      await t.test(`the ${who}'s credentials break no lock at the storage itself`, async () => {
        await withClient(service, stage[who], async (client) => {
          for (const { version, retention } of earlier) {
            const at = { Bucket, Key: `vault/${pathOf(version)}`, VersionId: version.versionId }
            const until = new Date((retention?.until.getTime() ?? 0) - 60_000)
            const Retention = { Mode: mode === 'compliance' ? 'COMPLIANCE' : 'GOVERNANCE', RetainUntilDate: until } as const
            const refused = [
              new DeleteObjectCommand(at),
              new DeleteObjectCommand({ ...at, BypassGovernanceRetention: true }),
              new PutObjectRetentionCommand({ ...at, Retention }),
              new PutObjectRetentionCommand({ ...at, Retention, BypassGovernanceRetention: true }),
              new PutObjectRetentionCommand({ ...at, Retention: {}, BypassGovernanceRetention: true }),
              ...(who === 'keeper' ? [] : [new PutObjectLegalHoldCommand({ ...at, LegalHold: { Status: 'OFF' } })]),
              ...(who === 'keeper' ? [] : [new DeleteObjectCommand({ Bucket, Key: at.Key })]),
            ]
            for (const command of refused)
              assert.notEqual(
                await answer(client.send(command as DeleteObjectCommand)),
                'ok',
                `${command.constructor.name} ${at.Key}`,
              )
          }
        })
        await assertNothingLost(stage, earlier)
      })
    }

    await t.test('with everything hidden, restores go on, an alarm is raised, and heal brings stock restic back', async () => {
      await withClient(service, stage.keeper, async (client) => {
        for (const { version } of earlier)
          assert.equal(await answer(client.send(new DeleteObjectCommand({ Bucket, Key: `vault/${pathOf(version)}` }))), 'ok')
      })
      await assert.rejects(stockRestic(stage))
      assert.equal(await restored(stage), `the new content of ${mode}`)
      const [looked] = await lookedAt(stage, true)
      assert.match(looked ?? '', new RegExp(`vault ${mode} behind the back of Coffre: \\d+ hidden. \\d+ could not be mended`))
      await assert.rejects(stockRestic(stage))
      assert.match((await lookedAt(stage))[0] ?? '', /All of it was mended/)
      assert.equal((await stockRestic(stage)).length, 2)
      await assertNothingLost(stage, earlier)
      // The alarm ends with a look that finds nothing.
      assert.deepEqual(await lookedAt(stage), [])
    })

    await t.test('the same with junk over what is there', async () => {
      await withClient(service, stage.writer, async (client) => {
        for (const { version } of earlier) {
          const Key = `vault/${pathOf(version)}`
          assert.equal(await answer(client.send(new PutObjectCommand({ Bucket, Key, Body: Buffer.from('junk') }))), 'ok')
        }
      })
      await assert.rejects(stockRestic(stage))
      assert.equal(await restored(stage), `the new content of ${mode}`)
      assert.match((await lookedAt(stage))[0] ?? '', /\d+ shadowed. All of it was mended/)
      assert.equal((await stockRestic(stage)).length, 2)
      await assertNothingLost(stage, earlier)
      assert.deepEqual(await lookedAt(stage), [])
    })
  })
}

test('a bucket that keeps no lock, or locks by itself, is refused; one that could is told apart from a vault with a lock', async () => {
  await service.createBucket('lockless')
  await service.createBucket('lockable', { objectLock: true })
  await service.createBucket('eager', { objectLock: true })
  await withClient(service, undefined, async (client) => {
    const rule = { DefaultRetention: { Mode: 'GOVERNANCE', Days: 1 } } as const
    const ObjectLockConfiguration = { ObjectLockEnabled: 'Enabled', Rule: rule } as const
    await client.send(new PutObjectLockConfigurationCommand({ Bucket: 'eager', ObjectLockConfiguration }))
  })
  const { orgId, projectId } = api.its
  const worker = await TestWorker.start(api.its, { tenant: { orgId, projectId } })
  const create = async (bucket: string, lock?: { readonly mode: 'governance' }) => {
    const location = formatLocation(service.location(bucket, 'vault'))
    await worker.vault(bucket, { location, credentials: service.credentials, ...(lock && { lock }) })
    return (await admin.client.call(getVault, { params: { vault: bucket } })).lock
  }
  const lock = { mode: 'governance' } as const
  const unsupported = { code: 'storage.unsupported' }
  await assert.rejects(create('lockless', lock), unsupported)
  await assert.rejects(create('eager', lock), unsupported)
  await assert.rejects(create('eager'), unsupported)
  assert.equal((await create('lockable', lock))?.isEnforcedByStorage, true)
  assert.equal(await create('lockless'), null)
  // A lock that comes later is refused all the same.
  const officer = await api.person('officer', ['security-officer'])
  const params = { vault: 'lockless' }
  await assert.rejects(officer.client.call(setVaultLock, { params, query: {}, body: lock }), codeIs('storage.unsupported'))
  const { writer } = await admin.client.call(getVaultPolicies, { params: { vault: 'lockable' } })
  assert.ok(writer.Statement.some(({ Resource }) => Resource.includes('arn:aws:s3:::lockable/vault/*')))
})

async function stockRestic({ bucket, keeper, recoveryKey }: LockedStage): Promise<unknown[]> {
  const environment = { AWS_ACCESS_KEY_ID: keeper.accessKeyId, AWS_SECRET_ACCESS_KEY: keeper.secretAccessKey }
  const location = `s3:http://${service.host}/${bucket}/vault`
  await restic(location, recoveryKey, ['check', '--read-data'], environment)
  return JSON.parse(await restic(location, recoveryKey, ['snapshots', '--json'], environment)) as unknown[]
}
