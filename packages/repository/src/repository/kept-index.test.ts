import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CoffreError, isCoffreError, minuteMs } from '@coffre/foundation'
import { MemoryBackend } from '@coffre/storage'
import { RepositoryFixture, SeededRandom, testSeed } from '@coffre/testkit'
import type { Id } from '../format/node.ts'
import type { RepositoryIndex } from '../index/repository-index.ts'
import { executePrune } from '../prune/execute-prune.ts'
import { planPrune } from '../prune/plan-prune.ts'
import { repairIndex } from '../repair/repair-index.ts'
import { KeptIndex } from './kept-index.ts'
import { type LoadIndexOptions, loadIndex } from './load-index.ts'
import { Repository } from './repository.ts'

const signal = new AbortController().signal

/** A backend that tells which index files are read, and waits before each of them where the test wants it. */
class WatchedBackend extends MemoryBackend {
  readonly read: string[] = []
  beforeRead: () => Promise<void> = () => Promise.resolve()

  override async load(...args: Parameters<MemoryBackend['load']>): Promise<Uint8Array> {
    if (args[0].type === 'index') {
      this.read.push(args[0].name)
      await this.beforeRead()
    }
    return super.load(...args)
  }
}

interface Stage {
  readonly fixture: RepositoryFixture
  readonly repository: Repository
  readonly backend: WatchedBackend
  readonly kept: KeptIndex
}

/** Three snapshots, and a process that has worked in their repository before. `fixture` is another process. */
async function stageOf(test: (stage: Stage) => Promise<void>): Promise<void> {
  const backend = new WatchedBackend()
  await using fixture = await RepositoryFixture.create({ backend })
  for (const round of [0, 1, 2]) await fixture.snapshot({ common: 'common', [`file-${round}`]: fixture.noise(3000, round) })
  const { config, masterKey, keyId, context } = fixture.repository
  const repository = new Repository(backend, context, config, masterKey, keyId)
  const kept = new KeptIndex(repository)
  await kept.load({}, signal)
  backend.read.length = 0
  await test({ fixture, repository, backend, kept })
}

function contentOf(index: RepositoryIndex): string[] {
  const packs = [...index.packs.numbers()].map((pack) => `pack ${index.packs.id(pack)} ${index.packs.sizeBytes(pack)}`)
  const blobs = Array.from({ length: index.blobs.count }, (_, entry) => {
    const { packId, offset, sealedBytes, rawBytes } = index.found(entry)
    return `${index.blobs.idHex(entry)} ${index.blobs.isTree(entry)} ${packId} ${offset} ${sealedBytes} ${rawBytes}`
  })
  return [...packs, ...blobs, ...[...index.files].map((name) => `file ${name}`)].sort()
}

async function assertSame({ kept, repository }: Stage, options: LoadIndexOptions = {}): Promise<RepositoryIndex> {
  const index = await kept.load(options, signal)
  assert.deepEqual(contentOf(index), contentOf(await loadIndex(repository, options, signal)))
  for (let entry = 0; entry < index.blobs.count; entry++)
    assert.ok(index.blobs.findAllHex(index.blobs.idHex(entry), index.blobs.isTree(entry)).includes(entry))
  return index
}

async function pruneAll({ repository }: RepositoryFixture): Promise<void> {
  for (const id of (await repository.names('snapshot', signal)).slice(1))
    await repository.backend.remove({ type: 'snapshot', name: id }, signal)
  const options = { packBytes: 4096, maxUnused: { kind: 'bytes', sizeBytes: 0 } } as const
  await executePrune(repository, await planPrune(repository, options, signal), options, signal)
}

/** Nothing is pruned where something is missing. */
function refusedAsDamaged(error: unknown): void {
  if (!isCoffreError(error, 'repository.damaged', 'blob.missing')) throw error
}

async function firstOf(stage: Stage, type: 'index' | 'pack'): Promise<Id> {
  return (await stage.repository.names(type, signal))[0] ?? ''
}

async function removeFirst(stage: Stage, type: 'index' | 'pack'): Promise<void> {
  for (const name of (await stage.repository.names(type, signal)).slice(0, 1)) await stage.backend.remove({ type, name }, signal)
}

test('only what is new is read', () =>
  stageOf(async (stage) => {
    await assertSame(stage)
    stage.backend.read.length = 0
    await stage.fixture.snapshot({ more: 'more' })
    stage.backend.read.length = 0
    const index = await stage.kept.load({ trustOnlyListedPacks: true }, signal)
    assert.equal(stage.backend.read.length, 1)
    assert.equal(index.files.size, 4)
    await stage.kept.load({}, signal)
    assert.equal(stage.backend.read.length, 1)
  }))

const events: readonly (readonly [name: string, happen: (stage: Stage) => Promise<void>])[] = [
  ['a prune', ({ fixture }) => pruneAll(fixture)],
  [
    'a prune that left one snapshot of later',
    async ({ fixture }) => {
      await pruneAll(fixture)
      await fixture.snapshot({ later: 'later' })
    },
  ],
  [
    'an index file that is gone',
    async (stage) => {
      await removeFirst(stage, 'index')
    },
  ],
  [
    'a repair of an index that lost a file',
    async (stage) => {
      await removeFirst(stage, 'index')
      await repairIndex(stage.fixture.repository, {}, signal)
    },
  ],
  [
    'a repair of an index that names a pack that is gone',
    async (stage) => {
      await removeFirst(stage, 'pack')
      await repairIndex(stage.fixture.repository, {}, signal)
    },
  ],
  [
    'a pack that is gone while an index names it',
    async (stage) => {
      await removeFirst(stage, 'pack')
    },
  ],
  [
    'a pack that is cut short',
    async (stage) => {
      const name = await firstOf(stage, 'pack')
      if (name === '') return
      const bytes = await stage.backend.load({ type: 'pack', name }, undefined, signal)
      stage.backend.plant(`data/${name.slice(0, 2)}/${name}`, bytes.subarray(0, Math.max(0, bytes.length - 200)))
    },
  ],
]

for (const [name, happen] of events) {
  test(`it is as if it were read anew after ${name}`, () =>
    stageOf(async (stage) => {
      await happen(stage)
      await assertSame(stage)
      await assertSame(stage, { trustOnlyListedPacks: true })
      const withoutPacks = new Set([(await stage.repository.names('pack', signal)).at(-1) ?? ''])
      await assertSame(stage, { trustOnlyListedPacks: true, withoutPacks })
      // What one session does not rely on, the next one may.
      await assertSame(stage)
    }))
}

test('whatever happens in whatever order, it is as if it were read anew', { timeout: 60_000 }, (t) =>
  stageOf(async (stage) => {
    const random = new SeededRandom(testSeed(t.name))
    for (let step = 0; step < 40; step++) {
      if (random.integer(2) === 0) await stage.fixture.snapshot({ [`file-${random.integer(5)}`]: stage.fixture.noise(2000, step) })
      else await events[random.integer(events.length)]?.[1](stage).catch(refusedAsDamaged)
      if (random.integer(2) === 0) await assertSame(stage, { trustOnlyListedPacks: random.integer(2) === 0 })
    }
  }),
)

test('what a session adds to its index is its own', () =>
  stageOf(async (stage) => {
    const first = await stage.kept.load({}, signal)
    first.blobs.claim(Buffer.alloc(32, 7), 0, false)
    first.packNumber('77'.repeat(32))
    const second = await assertSame(stage)
    assert.equal(second.blobs.find(Buffer.alloc(32, 7), 0, false), -1)
    assert.equal(second.blobs.reservePack(), first.blobs.reservePack() - 1)
  }))

test('a damaged index file is an error: at once when its size changed, after ten minutes in any case', () =>
  stageOf(async (stage) => {
    const name = await firstOf(stage, 'index')
    const bytes = Buffer.from(await stage.backend.load({ type: 'index', name }, undefined, signal))
    stage.backend.plant(`index/${name}`, bytes.subarray(1))
    await assert.rejects(stage.kept.load({}, signal), { code: 'repository.damaged' })
    stage.backend.plant(`index/${name}`, bytes)
    await assertSame(stage)
    stage.backend.plant(
      `index/${name}`,
      bytes.map((byte) => byte ^ 1),
    )
    await stage.kept.load({}, signal)
    stage.fixture.context.clock.advance(10 * minuteMs)
    await assert.rejects(stage.kept.load({}, signal), { code: 'repository.damaged' })
  }))

test('a prune while the index is renewed: what was read before it counts no more', () =>
  stageOf(async (stage) => {
    await stage.fixture.snapshot({ more: 'more' })
    const { backend } = stage
    backend.beforeRead = async () => {
      backend.beforeRead = () => Promise.resolve()
      await pruneAll(stage.fixture)
    }
    await assertSame(stage)
    // It goes on for ever, and is given up.
    backend.beforeRead = async () => {
      for (const name of await stage.repository.names('index', signal)) await backend.remove({ type: 'index', name }, signal)
      await stage.repository.saveUnpacked('index', Buffer.from(`{"packs":[],"supersedes":["${'0'.repeat(64)}"]}`), signal)
    }
    stage.kept.release()
    await assert.rejects(stage.kept.load({}, signal), { code: 'repository.locked' })
  }))

test('several at once wait for each other; one that is stopped waits no longer, and hinders nobody', () =>
  stageOf(async (stage) => {
    const { backend, kept } = stage
    const isReading = Promise.withResolvers<void>()
    const mayRead = Promise.withResolvers<void>()
    backend.beforeRead = () => {
      isReading.resolve()
      return mayRead.promise
    }
    kept.release()
    const first = kept.load({}, signal)
    await isReading.promise
    const stop = new AbortController()
    const second = kept.load({}, stop.signal)
    const third = kept.load({}, signal)
    stop.abort(new CoffreError('interrupted', 'enough'))
    await assert.rejects(second, /enough/)
    mayRead.resolve()
    assert.deepEqual(contentOf(await third), contentOf(await first))
    assert.equal(backend.read.length, 3)
  }))
