import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  PutBucketLifecycleConfigurationCommand,
  type PutBucketLifecycleConfigurationCommandInput,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  PutObjectLockConfigurationCommand,
  PutObjectRetentionCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { dayMs, systemContext } from '@coffre/foundation'
import {
  type Backend,
  fileTypes,
  openBackend,
  pathOf,
  type RetentionMode,
  type S3Credentials,
  type S3Location,
} from '@coffre/storage'
import {
  FakeClock,
  findTool,
  fixturePassword,
  lockedBackup,
  RepositoryFixture,
  type StoredLock,
  startVersitygw,
  storedLocks,
  temporaryFolder,
} from '@coffre/testkit'
import { checkRepository } from '../check/check-repository.ts'
import { lockRepository } from '../lock/repository-lock.ts'
import { loadIndex } from '../repository/load-index.ts'
import type { Repository } from '../repository/repository.ts'
import { Restorer } from '../restore/restorer.ts'
import { loadSnapshot } from '../snapshots/snapshots.ts'
import { loadVaultState } from '../state/load-vault-state.ts'
import { heal } from './heal.ts'
import { placeHold, releaseHold } from './legal-holds.ts'
import { objectLockOf } from './store-time.ts'
import { sweepLockVersions } from './sweep-lock-versions.ts'
import { verifyLocks } from './verify-locks.ts'
import { withVersionFallback } from './version-fallback-backend.ts'

/*
 * Attack T5 of the vault's rules on a real store, with real users and policies. Versitygw 1.8 does not know the condition
 * s3:object-lock-remaining-retention-days, so that the cap on terms in the writer's policy (rule L7) is not part of these tests.
 */
const signal = new AbortController().signal
const run = promisify(execFile)
const service = await startVersitygw()
after(() => service[Symbol.asyncDispose]())

/** What a worker may do by rule L7. */
const writing = [
  's3:PutObject',
  's3:GetObject',
  's3:GetObjectVersion',
  's3:PutObjectRetention',
  's3:GetObjectRetention',
  's3:AbortMultipartUpload',
]
const listing = ['s3:ListBucket', 's3:ListBucketVersions', 's3:GetBucketObjectLockConfiguration']
/** A worker whose policy gives more than the rule: it can hide files. */
const careless = [...writing, 's3:DeleteObject', 's3:DeleteObjectVersion']
const keeping = [...careless, 's3:GetObjectLegalHold', 's3:PutObjectLegalHold']

interface Stage extends AsyncDisposable {
  readonly fixture: RepositoryFixture<Backend>
  readonly location: S3Location
  readonly bucket: string
  readonly users: { readonly writer: S3Credentials; readonly careless: S3Credentials; readonly keeper: S3Credentials }
  open(user: S3Credentials): Promise<Repository>
}

/** A vault that a writer has made and backed up into twice. */
async function stage(mode: RetentionMode): Promise<Stage> {
  const bucket = `${mode}-vault`
  await service.createBucket(bucket, { objectLock: true })
  const [writer, carelessUser, keeper] = await Promise.all(
    ['writer', 'careless', 'keeper'].map((name) => service.createUser(`${name}-${mode}`)),
  )
  assert.ok(writer && carelessUser && keeper)
  const users = { writer, careless: carelessUser, keeper }
  await service.setPolicy(bucket, [
    { user: writer, actions: writing, keys: '*' },
    { user: writer, actions: ['s3:DeleteObject'], keys: 'vault/locks/*' },
    { user: carelessUser, actions: careless, keys: '*' },
    { user: keeper, actions: keeping, keys: '*' },
    ...Object.values(users).map((user) => ({ user, actions: listing, keys: '' })),
  ])
  const location = service.location(bucket, 'vault')
  const backendOf = async (user: S3Credentials): Promise<Backend> => {
    const s3 = () => ({ credentials: async () => user, conditionalCreate: true })
    return withVersionFallback(await openBackend(location, { s3 }, systemContext, signal))
  }
  const clock = new FakeClock({ automatic: true, startMs: systemContext.clock.nowMs() })
  const fixture = await RepositoryFixture.create({ backend: await backendOf(writer), clock, lock: { mode, days: 30 } })
  const backends: Backend[] = [fixture.backend]
  const many = Object.fromEntries(Array.from({ length: 8 }, (_, number) => [`many/${number}.bin`, fixture.noise(50_000, number)]))
  await lockedBackup(fixture, { ...many, 'one.txt': 'one' })
  clock.advance(60_000)
  await lockedBackup(fixture, { 'two.bin': fixture.noise(90_000, 2) })
  return {
    fixture,
    location,
    bucket,
    users,
    async open(user) {
      const backend = await backendOf(user)
      backends.push(backend)
      return fixture.open(backend)
    },
    async [Symbol.asyncDispose]() {
      for (const backend of backends) await backend[Symbol.asyncDispose]()
      await fixture[Symbol.asyncDispose]()
    },
  }
}

function keyOf(lock: StoredLock): string {
  return `vault/${pathOf(lock.version)}`
}

/** The name of the error that the store answers with; `ok` when it obeys. */
async function answer(request: Promise<unknown>): Promise<string> {
  try {
    await request
    return 'ok'
  } catch (error) {
    return error instanceof Error ? error.name : String(error)
  }
}

/** Every version that was there is there, byte count and all, and locked at least as long. */
async function assertNothingLost(before: readonly StoredLock[], repository: Repository): Promise<void> {
  const now = new Map((await storedLocks(objectLockOf(repository.backend), signal)).map((lock) => [lock.version.versionId, lock]))
  for (const { version, retention } of before) {
    const found = now.get(version.versionId)
    assert.equal(found?.version.sizeBytes, version.sizeBytes, pathOf(version))
    assert.ok(
      found && retention && found.retention && found.retention.until >= retention.until && found.retention.mode === retention.mode,
      pathOf(version),
    )
  }
}

async function assertRestores(target: Stage, repository: Repository): Promise<void> {
  const result = await checkRepository(repository, { readData: 'all', onFinding: ({ message }) => assert.fail(message) }, signal)
  assert.deepEqual([result.errors, result.snapshots], [0, 2])
  const state = await loadVaultState(repository, signal)
  const [latest] = [...state.points.keys()].slice(-1)
  await using folder = await temporaryFolder()
  const { tree } = await loadSnapshot(repository, latest ?? '', signal)
  const options = {
    select: () => ({ selected: true, childMayBeSelected: true }),
    selectAttribute: () => true,
    overwrite: 'always',
    removeOthers: false,
    sparse: false,
    dryRun: false,
    verify: true,
    onError: (location: string, error: unknown) => assert.fail(`${location}: ${String(error)}`),
  } as const
  await Restorer.restore(repository, await loadIndex(repository, {}, signal), tree, folder.path, options, signal)
  await assertSameSource(target, join(folder.path, target.fixture.source))
}

async function assertSameSource({ fixture }: Stage, restored: string): Promise<void> {
  for (const name of ['one.txt', 'two.bin', ...Array.from({ length: 8 }, (_, number) => `many/${number}.bin`)]) {
    assert.equal(Buffer.compare(await readFile(join(restored, name)), await readFile(join(fixture.source, name))), 0, name)
  }
}

async function restic(target: Stage, user: S3Credentials, ...args: string[]): Promise<string> {
  await using cache = await temporaryFolder()
  const { stdout } = await run(findTool('restic', 'COFFRE_RESTIC'), args, {
    env: {
      ...process.env,
      RESTIC_REPOSITORY: `s3:http://${service.host}/${target.bucket}/vault`,
      RESTIC_PASSWORD: fixturePassword,
      RESTIC_CACHE_DIR: cache.path,
      AWS_ACCESS_KEY_ID: user.accessKeyId,
      AWS_SECRET_ACCESS_KEY: user.secretAccessKey,
    },
  })
  return stdout
}

async function assertResticWorks(target: Stage): Promise<void> {
  const { keeper } = target.users
  await restic(target, keeper, 'check', '--read-data')
  assert.equal((JSON.parse(await restic(target, keeper, 'snapshots', '--json')) as unknown[]).length, 2)
  await using folder = await temporaryFolder()
  await restic(target, keeper, 'restore', 'latest', '--target', folder.path)
  await assertSameSource(target, join(folder.path, target.fixture.source))
}

for (const mode of ['governance', 'compliance'] as const) {
  test(`a storage attacker against a vault under ${mode} lock`, async (t) => {
    await using target = await stage(mode)
    const { users, bucket: Bucket, fixture } = target
    const repository = fixture.repository
    const before = (await storedLocks(objectLockOf(repository.backend), signal)).filter(({ version }) => version.type !== 'lock')
    assert.ok(before.every(({ retention }) => retention?.mode === mode))
    const contents = new Map<string, Uint8Array>()
    for (const { version } of before) contents.set(pathOf(version), await repository.backend.load(version, undefined, signal))

    const attack = async (user: S3Credentials, action: (client: S3Client) => Promise<void>): Promise<void> => {
      const client = service.client(user)
      try {
        await action(client)
      } finally {
        client.destroy()
      }
    }

    await t.test('stock restic reads what was written, and every lock is as the ledger says', async () => {
      await assertResticWorks(target)
      const state = await loadVaultState(repository, signal)
      const { checked, findings, defaultRetention } = await verifyLocks(repository, state, 1000, signal)
      assert.deepEqual([findings, defaultRetention], [[], undefined])
      assert.ok(checked > 10)
    })

    await t.test('the writer can remove nothing, shorten nothing, and change no rule of the bucket', () =>
      attack(users.writer, async (client) => {
        for (const { version, retention } of before) {
          const at = { Bucket, Key: `vault/${pathOf(version)}`, VersionId: version.versionId }
          const sooner = {
            Mode: mode === 'compliance' ? 'COMPLIANCE' : 'GOVERNANCE',
            RetainUntilDate: new Date((retention?.until.getTime() ?? 0) - 1000),
          } as const
          const refused = [
            new DeleteObjectCommand({ Bucket, Key: at.Key }),
            new DeleteObjectCommand(at),
            new DeleteObjectCommand({ ...at, BypassGovernanceRetention: true }),
            new PutObjectRetentionCommand({ ...at, Retention: sooner }),
            new PutObjectRetentionCommand({ ...at, Retention: sooner, BypassGovernanceRetention: true }),
            new PutObjectRetentionCommand({ ...at, Retention: {}, BypassGovernanceRetention: true }),
            new PutObjectLegalHoldCommand({ ...at, LegalHold: { Status: 'OFF' } }),
          ]
          for (const command of refused) {
            const got = await answer(client.send(command as DeleteObjectCommand))
            assert.ok(got !== 'ok', `${command.constructor.name} on ${at.Key}: ${got}`)
          }
        }
        const days: PutBucketLifecycleConfigurationCommandInput = {
          Bucket,
          LifecycleConfiguration: { Rules: [{ Status: 'Enabled', Filter: { Prefix: '' }, Expiration: { Days: 1 } }] },
        }
        const policy = { Bucket, Policy: JSON.stringify({ Version: '2012-10-17', Statement: [] }) }
        const lock = {
          Bucket,
          ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 1 } } },
        } as const
        assert.notEqual(await answer(client.send(new PutBucketLifecycleConfigurationCommand(days))), 'ok')
        assert.notEqual(await answer(client.send(new PutBucketPolicyCommand(policy))), 'ok')
        assert.notEqual(await answer(client.send(new PutObjectLockConfigurationCommand(lock))), 'ok')
        assert.notEqual(
          await answer(client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Suspended' } }))),
          'ok',
        )
        await assertNothingLost(before, repository)
        await assertResticWorks(target)
      }),
    )

    await t.test(
      'the writer shadows every file, with junk, with another file, with an older record: reads go on, and heal undoes it',
      async () => {
        await attack(users.writer, async (client) => {
          for (const [at, { version }] of before.entries()) {
            const other =
              before.find((candidate, position) => position > at && candidate.version.type === version.type) ?? before[0]
            const body =
              at % 2 === 0 ? Buffer.from('junk') : (contents.get(pathOf(other?.version ?? version)) ?? Buffer.from('junk'))
            assert.equal(
              await answer(client.send(new PutObjectCommand({ Bucket, Key: `vault/${pathOf(version)}`, Body: body }))),
              'ok',
            )
          }
        })
        await assertNothingLost(before, repository)
        await assert.rejects(restic(target, users.keeper, 'snapshots'))
        await assertRestores(target, await target.open(users.writer))
        const keeper = await target.open(users.keeper)
        assert.ok((await heal(keeper, { dryRun: true }, signal)).every(({ cure }) => cure === 'none'))
        assert.ok((await heal(keeper, { dryRun: false }, signal)).every(({ cure }) => cure === 'removed'))
        await assertNothingLost(before, keeper)
        await assertResticWorks(target)
      },
    )

    await t.test('one who may delete can hide everything and destroy nothing', async () => {
      await attack(users.careless, async (client) => {
        for (const lock of before) {
          const at = { Bucket, Key: keyOf(lock), VersionId: lock.version.versionId }
          assert.notEqual(await answer(client.send(new DeleteObjectCommand(at))), 'ok')
          assert.notEqual(await answer(client.send(new DeleteObjectCommand({ ...at, BypassGovernanceRetention: true }))), 'ok')
          assert.equal(await answer(client.send(new DeleteObjectCommand({ Bucket, Key: at.Key }))), 'ok')
        }
        const Objects = before.map((lock) => ({ Key: keyOf(lock), VersionId: lock.version.versionId }))
        await answer(client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } })))
      })
      await assertNothingLost(before, repository)
      for (const type of fileTypes) {
        const client = await openBackend(
          target.location,
          { s3: () => ({ credentials: async () => users.keeper }) },
          systemContext,
          signal,
        )
        for await (const file of client.list(type, signal)) assert.fail(`${pathOf(file)} is still to be seen`)
        await client[Symbol.asyncDispose]()
      }
      await assert.rejects(restic(target, users.keeper, 'snapshots'))
      await assertRestores(target, await target.open(users.writer))
      const actions = await heal(await target.open(users.keeper), { dryRun: false }, signal)
      assert.ok(actions.length === before.length && actions.every(({ kind, cure }) => kind === 'hidden' && cure === 'removed'))
      await assertResticWorks(target)
    })

    await t.test('junk under a long lock of its own is written over', async () => {
      const until = new Date(systemContext.clock.nowMs() + 300 * dayMs)
      await attack(users.writer, async (client) => {
        for (const { version } of before.filter((lock) => lock.version.type !== 'pack')) {
          const lock = { ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: until, ChecksumAlgorithm: 'SHA256' } as const
          await client.send(new PutObjectCommand({ Bucket, Key: `vault/${pathOf(version)}`, Body: Buffer.from('junk'), ...lock }))
        }
      })
      await assertRestores(target, await target.open(users.writer))
      const actions = await heal(await target.open(users.keeper), { dryRun: false }, signal)
      assert.ok(actions.length > 4 && actions.every(({ cure }) => cure === 'rewritten'))
      await assertNothingLost(before, repository)
      await assertResticWorks(target)
      await assertRestores(target, await target.open(users.writer))
    })

    await t.test('the keeper removes nothing before its term either, and a held pack not after it', async () => {
      const keeper = await target.open(users.keeper)
      const lock = objectLockOf(keeper.backend)
      const pack = before.find(({ version }) => version.type === 'pack')
      assert.ok(pack)
      await assert.rejects(keeper.backend.remove(pack.version, signal), { code: 'storage.locked' })
      const snapshots = [...(await loadVaultState(keeper, signal)).points.keys()]
      const index = await loadIndex(keeper, {}, signal)
      await placeHold(keeper, index, { name: 'one', reason: 'court', snapshots }, signal)
      await placeHold(keeper, index, { name: 'two', reason: 'audit', snapshots: snapshots.slice(0, 1) }, signal)
      const heldOf = async (name: string): Promise<boolean> => {
        const versions = await lock.versionsOf({ type: 'pack', name }, signal)
        const held = await Promise.all(versions.map((version) => lock.isHeld(version, version.versionId, signal)))
        return held.includes(true)
      }
      const { holds } = await loadVaultState(keeper, signal)
      const onlyOne = [...(holds.get('one')?.packs ?? [])].filter((name) => holds.get('two')?.packs.has(name) === false)
      const both = [...(holds.get('two')?.packs ?? [])]
      assert.ok(onlyOne.length > 0 && both.length > 0)
      for (const name of [...onlyOne, ...both]) assert.equal(await heldOf(name), true)
      await releaseHold(keeper, 'one', signal)
      for (const name of onlyOne) assert.equal(await heldOf(name), false)
      for (const name of both) assert.equal(await heldOf(name), true)
      await releaseHold(keeper, 'two', signal)
      for (const name of both) assert.equal(await heldOf(name), false)
    })

    await t.test('lock files come and go, and the keeper sweeps what they leave', async () => {
      const writer = await target.open(users.writer)
      for (let round = 0; round < 3; round++)
        await (await lockRepository(writer, { exclusive: false }, signal))[Symbol.asyncDispose]()
      await using _held = await lockRepository(writer, { exclusive: false }, signal)
      const lock = objectLockOf((await target.open(users.keeper)).backend)
      assert.ok((await sweepLockVersions(lock, signal)) >= 6)
      const left: boolean[] = []
      for await (const version of lock.versions('lock', signal)) left.push(version.isMarker)
      assert.deepEqual(left, [false])
    })
  })
}
