import assert from 'node:assert/strict'
import { chmod, lstat, mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { RestoreTarget } from '@coffre/connector'
import { listSnapshots, loadIndex, loadSnapshot, packsOf } from '@coffre/repository'
import { MemoryBackend } from '@coffre/storage'
import { RepositoryFixture, ScriptedConnector, ScriptedEngine, type TemporaryFolder, temporaryFolder } from '@coffre/testkit'
import type { RunProgress } from './progress.ts'
import type { RestoreMeans, RestoreRun } from './restore/restore-request.ts'
import { runBackup } from './run-backup.ts'
import { runRestore } from './run-restore.ts'
import type { VaultSession } from './vault-session.ts'

interface Restoring {
  readonly fixture: RepositoryFixture
  readonly folder: TemporaryFolder
  readonly session: VaultSession
  readonly target: string
}

async function restoring(): Promise<Restoring & AsyncDisposable> {
  const fixture = await RepositoryFixture.create()
  const folder = await temporaryFolder()
  const session = { repository: fixture.repository, signal: fixture.signal, confirmed: Promise.resolve() }
  const target = join(folder.path, 'target')
  return {
    fixture,
    folder,
    session,
    target,
    async [Symbol.asyncDispose]() {
      await folder[Symbol.asyncDispose]()
      await fixture[Symbol.asyncDispose]()
    },
  }
}

function run(
  { session, target, fixture }: Restoring,
  means: RestoreMeans,
  pointId: string,
  more: Partial<RestoreRun> = {},
  onProgress: (told: RunProgress) => void = () => undefined,
) {
  const folder: RestoreTarget = { kind: 'folder', path: target }
  return runRestore(
    session,
    means,
    { pointId, target: folder, overwrite: false, verify: false, ...more },
    onProgress,
    fixture.signal,
  )
}

async function enginePoint({ fixture, session }: Restoring, more: Readonly<Record<string, Uint8Array>> = {}) {
  const files = { 'orders/1': 'one', 'orders/2': 'two', 'users': 'users', ...more }
  const engine = new ScriptedEngine({ clock: fixture.context.clock, files })
  const other = new ScriptedEngine({ name: 'other', clock: fixture.context.clock })
  const connector = new ScriptedConnector(engine, other)
  const source = { kind: 'items', connector, config: { server: 'scripted' }, secrets: { password: engine.password } } as const
  const request = { source: 'shop', job: 'job-1', isRetry: false, programVersion: 'test', packBytes: 65_536 }
  const { pointId } = await runBackup(session, source, request, () => undefined, fixture.signal)
  return { engine, other, pointId, means: { kind: 'items', connector } as const }
}

test("an engine's point goes back through its connector, and is looked at", async () => {
  await using place = await restoring()
  const { engine, pointId, means } = await enginePoint(place)
  const progress: RunProgress[] = []
  const phases: string[] = []
  const onPhase = (phase: string): void => void phases.push(phase)
  const outcome = await run(place, means, pointId, { verify: true, onPhase }, (told) => progress.push(told))
  assert.deepEqual(phases, ['checking'])
  assert.deepEqual([outcome.state, outcome.findings, outcome.report.counts], ['complete', [], { orders: 2, users: 1 }])
  for (const [path, content] of engine.files) assert.deepEqual(await readFile(join(place.target, path)), Buffer.from(content))
  assert.deepEqual([...new Set(progress.map(({ state }) => state))], ['preparing', 'transferring', 'checking', 'committing'])
  const { doneBytes = 0, totalBytes, doneItems = 0 } = progress.at(-1) ?? {}
  assert.deepEqual([doneBytes > 0, totalBytes, doneItems > 0], [true, doneBytes, true])
  await assert.rejects(run(place, means, pointId), { code: 'target.not-empty' })
  await run(place, means, pointId, { overwrite: true })
})

test('parts alone can be restored, and into another engine', async () => {
  await using place = await restoring()
  const { other, pointId, means } = await enginePoint(place)
  const secrets = { password: other.password }
  const target = { kind: 'engine', config: { server: 'other' }, secrets } as const
  const outcome = await run(place, means, pointId, { target, parts: ['orders'], verify: true })
  assert.deepEqual([...other.files.keys()], ['orders/1', 'orders/2'])
  assert.deepEqual(outcome.findings, [])
})

test('what a connector reads of a point is what its snapshot yielded, path for path', async () => {
  await using place = await restoring()
  const { pointId, means } = await enginePoint(place)
  const seen: string[] = []
  const placed: number[] = []
  const connector: typeof means.connector = Object.create(means.connector, {
    restore: {
      value: async (...[point, request, , signal]: Parameters<typeof means.connector.restore>) => {
        for await (const { path } of point.items('', signal)) seen.push(path)
        for await (const { path } of point.items('orders', signal)) seen.push(`below ${path}`)
        await point.extract('orders', join(place.target, 'extracted'), signal, (bytes) => void placed.push(bytes))
        return { target: request.target, counts: {}, notes: [] }
      },
    },
  })
  await run(place, { kind: 'items', connector }, pointId)
  assert.deepEqual(seen, ['orders', 'orders/1', 'orders/2', 'users', 'below orders/1', 'below orders/2'])
  assert.deepEqual((await readdir(join(place.target, 'extracted'))).sort(), ['1', '2'])
  // Told of each file, and of the end.
  assert.deepEqual([placed.length, placed.at(-1), placed.toSorted((one, other) => one - other)], [3, 6, placed])
})

test("an engine's point is refused by others, and can be laid out as files", async () => {
  await using place = await restoring()
  const { pointId, means } = await enginePoint(place)
  const connector = Object.create(means.connector, { engine: { value: 'another' } })
  await assert.rejects(run(place, { kind: 'items', connector }, pointId), {
    code: 'usage.invalid',
    message: /is of scripted, not of another/,
  })
  await run(place, { kind: 'tree' }, pointId)
  assert.deepEqual((await readdir(place.target)).sort(), ['coffre.json', 'data'])
  assert.equal(await readFile(join(place.target, 'data/orders/1'), 'utf8'), 'one')
})

test('a point that is not there is named', async () => {
  await using place = await restoring()
  await assert.rejects(run(place, { kind: 'tree' }, 'f'.repeat(64)), { code: 'snapshot.missing', message: /no point ffff/ })
})

async function treePoint({ fixture }: Restoring, roots: readonly string[]): Promise<string> {
  const { signal, repository } = fixture
  const connector = {
    engine: 'files',
    parseConfig: (input: unknown) => input,
    identify: () => '',
    check: async () => [],
    select: () => ({ roots, excludes: [], excludesCaches: false, staysOnFileSystem: false }),
  }
  const session = { repository, signal, confirmed: Promise.resolve() }
  const request = { source: 'docs', job: 'job-1', isRetry: false, programVersion: 'test' }
  return (await runBackup(session, { kind: 'tree', connector, config: {} }, request, () => undefined, signal)).pointId
}

test('the content and the own metadata of a single root go directly to the target', async () => {
  await using place = await restoring()
  const { fixture, target } = place
  await fixture.write({ 'a/b': 'b', c: 'c' })
  await chmod(fixture.source, 0o751)
  await utimes(fixture.source, 1_600_000_000, 1_600_000_000)
  const outcome = await run(place, { kind: 'tree' }, await treePoint(place, [fixture.source]), { verify: true })
  assert.deepEqual([outcome.state, outcome.skippedCount], ['complete', 0])
  assert.equal(await readFile(join(target, 'a/b'), 'utf8'), 'b')
  const { mode, mtimeMs } = await lstat(target)
  assert.deepEqual([mode & 0o7777, mtimeMs], [0o751, 1_600_000_000_000])
})

test('a root that is a file goes into the target', async () => {
  await using place = await restoring()
  await place.fixture.write({ one: '1', two: '2' })
  await run(place, { kind: 'tree' }, await treePoint(place, [join(place.fixture.source, 'one')]))
  assert.deepEqual(await readdir(place.target), ['one'])
})

test('several roots go under their absolute paths', async () => {
  await using place = await restoring()
  const { source } = place.fixture
  await place.fixture.write({ 'x/1': '1', 'y/2': '2', 'z/3': '3' })
  await run(place, { kind: 'tree' }, await treePoint(place, [join(source, 'x'), join(source, 'y')]))
  assert.deepEqual((await readdir(join(place.target, source))).sort(), ['x', 'y'])
  assert.equal(await readFile(join(place.target, source, 'y/2'), 'utf8'), '2')
})

test('parts of a tree are paths in it', async () => {
  await using place = await restoring()
  const { source } = place.fixture
  await place.fixture.write({ 'a/1': '1', 'a/2': '2', 'ab/3': '3', 'c/d/4': '4', 'c/5': '5' })
  const pointId = await treePoint(place, [source])
  await run(place, { kind: 'tree' }, pointId, { parts: [join(source, 'a'), join(source, 'c/d')] })
  assert.deepEqual((await readdir(place.target, { recursive: true })).sort(), ['a', 'a/1', 'a/2', 'c', 'c/d', 'c/d/4'])
})

test('a target that holds something is refused and left alone, unless it may be overwritten', async () => {
  await using place = await restoring()
  const { fixture, target } = place
  await fixture.write({ a: 'from the vault' })
  const pointId = await treePoint(place, [fixture.source])
  await mkdir(target)
  await writeFile(join(target, 'a'), 'mine')
  await assert.rejects(run(place, { kind: 'tree' }, pointId), { code: 'target.not-empty' })
  assert.equal(await readFile(join(target, 'a'), 'utf8'), 'mine')
  await run(place, { kind: 'tree' }, pointId, { overwrite: true })
  assert.equal(await readFile(join(target, 'a'), 'utf8'), 'from the vault')
})

test('of a damaged tree all else is put back, and what is lost is named; of a damaged engine nothing counts', async () => {
  await using place = await restoring()
  const { fixture } = place
  await fixture.write({ 'first/a': fixture.noise(100_000, 1), 'second/b': fixture.noise(100_000, 2) })
  const treeId = await treePoint(place, [fixture.source])
  const large = { 'large/1': fixture.noise(100_000, 3), 'large/2': fixture.noise(100_000, 4) }
  const { pointId, means } = await enginePoint(place, large)
  const index = await loadIndex(fixture.repository, {}, fixture.signal)
  const damagedBy = async (id: string): Promise<VaultSession[]> => {
    const { tree } = await loadSnapshot(fixture.repository, id, fixture.signal)
    const others = (await listSnapshots(fixture.repository, fixture.signal)).filter((snapshot) => snapshot.id !== id)
    const [own, shared] = await Promise.all(
      [[tree], others.map((snapshot) => snapshot.tree)].map((roots) => packsOf(fixture.repository, index, roots, fixture.signal)),
    )
    return Promise.all(
      [...(own ?? [])]
        .filter((pack) => shared?.has(pack) !== true)
        .map(async (pack) => {
          const files = new Map(fixture.backend.files())
          files.delete(`data/${pack.slice(0, 2)}/${pack}`)
          return { ...place.session, repository: await fixture.open(new MemoryBackend({ files })) }
        }),
    )
  }
  let partial = 0
  for (const [number, session] of (await damagedBy(treeId)).entries()) {
    const outcome = await run({ ...place, session, target: join(place.folder.path, `${number}`) }, { kind: 'tree' }, treeId).catch(
      // The tree of the root itself was in that pack.
      () => undefined,
    )
    if (outcome === undefined) continue
    partial++
    assert.equal(outcome.state, 'partial')
    assert.ok(outcome.skipped.some(({ path }) => path.startsWith(fixture.source)))
  }
  assert.ok(partial > 0)
  let extracted = 0
  const connector: typeof means.connector = Object.create(means.connector, {
    restore: {
      value: async (...[point, request, , signal]: Parameters<typeof means.connector.restore>) => {
        extracted++
        await point.extract('', request.target.kind === 'folder' ? request.target.path : '', signal)
        return { target: request.target, counts: {}, notes: [] }
      },
    },
  })
  for (const [number, session] of (await damagedBy(pointId)).entries()) {
    for (const way of [means, { kind: 'items', connector } as const]) {
      const target = join(place.folder.path, `engine ${number} ${way === means}`)
      await assert.rejects(run({ ...place, session, target }, way, pointId), { code: 'blob.missing' })
    }
  }
  assert.ok(extracted > 0)
})
