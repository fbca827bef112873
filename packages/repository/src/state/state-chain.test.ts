import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { type Backend, LockingMemoryBackend, MemoryBackend, type StoredFiles } from '@coffre/storage'
import { crashStates, FakeClock, fixtureContext, RepositoryFixture, SeededRandom, testSeed } from '@coffre/testkit'
import { Repository } from '../repository/repository.ts'
import { appendState } from './append-state.ts'
import { loadVaultState } from './load-vault-state.ts'
import { sealDocument } from './sealed-document.ts'
import { StateChainError } from './state-chain.ts'
import type { StateChange } from './state-change.ts'
import { heldAt, type VaultState } from './vault-state.ts'

const signal = new AbortController().signal

function idOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function on(repository: Repository, backend: Backend): Repository {
  const { context, config, masterKey, keyId } = repository
  return new Repository(backend, context, config, masterKey, keyId)
}

function append(repository: Repository, change: StateChange): Promise<VaultState> {
  return appendState(repository, () => change, signal)
}

function holdOf(name: string): StateChange {
  return { kind: 'hold', name, reason: 'court', snapshots: [idOf(`snapshot of ${name}`)], packs: [idOf(`pack of ${name}`)] }
}

function recordPaths(files: StoredFiles): string[] {
  return [...files.keys()].filter((path) => path.startsWith('coffre/state/')).sort()
}

/** A change of any kind, drawn from few names so that they meet. */
function randomChange(random: SeededRandom): StateChange {
  const id = (what: string): string => idOf(`${what} ${random.integer(6)}`)
  const timeMs = 1_700_000_000_000 + random.integer(1000) * 1000
  switch (random.integer(7)) {
    case 0:
      return {
        kind: 'policy',
        lock: random.integer(3) === 0 ? undefined : { mode: 'governance', days: 30, daysMax: 60 },
        stateUntilMs: timeMs,
      }
    case 1:
      return holdOf(`hold ${random.integer(3)}`)
    case 2:
      return { kind: 'release', name: `hold ${random.integer(3)}` }
    case 3:
      return {
        kind: 'candidates',
        recorded: [{ pack: id('pack'), reason: 'unused', markedMs: timeMs + 1 }],
        forgotten: [id('pack')],
      }
    case 4:
      return {
        kind: 'candidates',
        recorded: [{ pack: id('pack'), reason: 'repacked', markedMs: timeMs, swappedMs: timeMs + 7 }],
        forgotten: [],
      }
    case 5:
      return {
        kind: 'known',
        added: [
          { type: 'snapshot', name: id('snapshot') },
          { type: 'key', name: id('key') },
        ],
        removed: [
          { type: 'snapshot', name: id('snapshot') },
          { type: 'pack', name: id('pack') },
        ],
      }
    default:
      return {
        kind: 'locks',
        files: [{ type: 'pack', name: id('pack'), versionId: 'v1', mode: 'compliance', untilMs: timeMs }],
        points: new Map([[id('snapshot'), timeMs]]),
      }
  }
}

test('a vault without state holds nothing, and says that there is none', async () => {
  await using fixture = await RepositoryFixture.create()
  const state = await loadVaultState(fixture.repository, signal)
  assert.equal(state.head, undefined)
  assert.deepEqual(heldAt(state, 0), { snapshots: new Set(), packs: new Set() })
})

test('the state that is read is the state that was written, through any number of checkpoints', async () => {
  const random = new SeededRandom(testSeed('states'))
  const clock = new FakeClock({ automatic: true })
  await using fixture = await RepositoryFixture.create({ backend: new LockingMemoryBackend({ ...fixtureContext(), clock }), clock })
  for (let number = 1; number <= 200; number++) {
    const change = randomChange(random)
    const written = await append(fixture.repository, change)
    assert.deepEqual(await loadVaultState(fixture.repository, signal), written, `record ${number}: ${JSON.stringify(change)}`)
  }
  assert.ok((await fixture.repository.names('state', signal)).length <= 66)
})

test('records that a checkpoint made superfluous are removed after it, not before', async () => {
  await using fixture = await RepositoryFixture.create()
  for (let number = 1; number <= 64; number++) await append(fixture.repository, holdOf(`hold ${number}`))
  const before = fixture.backend.operations.length
  const state = await append(fixture.repository, holdOf('last'))
  assert.deepEqual([state.base, state.head?.number, state.holds.size], [66, 66, 65])
  assert.deepEqual(recordPaths(fixture.backend.files()), ['coffre/state/00000066'])
  const kinds = fixture.backend.operations
    .slice(before)
    .map((operation) => (operation.kind === 'flush' ? 'flush' : `${operation.kind} ${operation.path.slice(13, 21)}`))
  assert.ok(kinds.indexOf('save 00000066') < kinds.indexOf('flush', kinds.lastIndexOf('save 00000066')))
  assert.ok(kinds.indexOf('flush', kinds.lastIndexOf('save 00000066')) < kinds.indexOf('remove 00000001'))
})

test('a record that is missing, changed, swapped or of another vault breaks the chain, by its number', async () => {
  await using fixture = await RepositoryFixture.create()
  await using other = await RepositoryFixture.create({ seed: 2 })
  for (let number = 1; number <= 5; number++) {
    await append(fixture.repository, holdOf(`hold ${number}`))
    await append(other.repository, holdOf(`hold ${number}`))
  }
  const whole = fixture.backend.files()
  const bytesOf = (number: number, files = whole): Uint8Array => files.get(`coffre/state/0000000${number}`) ?? new Uint8Array()
  const broken = async (changes: Readonly<Record<number, Uint8Array | undefined>>, number: number): Promise<void> => {
    const files = new Map(whole)
    for (const [at, bytes] of Object.entries(changes)) {
      if (bytes === undefined) files.delete(`coffre/state/0000000${at}`)
      else files.set(`coffre/state/0000000${at}`, bytes)
    }
    const repository = on(fixture.repository, new MemoryBackend({ files }))
    const isRight = (error: unknown): boolean =>
      error instanceof StateChainError && error.recordNumber === number && error.code === 'repository.state-broken'
    await assert.rejects(loadVaultState(repository, signal), isRight)
    await assert.rejects(append(repository, holdOf('more')), isRight)
  }
  for (const number of [1, 2, 3, 4]) await broken({ [number]: undefined }, number)
  for (const number of [1, 2, 3, 4, 5]) {
    for (const at of [0, 20, bytesOf(number).length - 1])
      await broken({ [number]: bytesOf(number).map((byte, i) => (i === at ? byte ^ 1 : byte)) }, number)
    await broken({ [number]: bytesOf(number).subarray(0, 30) }, number)
    await broken({ [number]: bytesOf(number, other.backend.files()) }, number)
    // Replayed: an earlier record under a later number.
    if (number > 1) await broken({ [number]: bytesOf(1) }, number)
  }
  await broken({ 2: bytesOf(3), 3: bytesOf(2) }, 3)
})

test('a state that was cut short or replaced by an older one is told by a head that somebody kept', async () => {
  await using fixture = await RepositoryFixture.create()
  for (let number = 1; number <= 3; number++) await append(fixture.repository, holdOf(`hold ${number}`))
  const older = fixture.backend.files()
  const { head } = await append(fixture.repository, holdOf('hold 4'))
  assert.ok(head)
  await loadVaultState(fixture.repository, signal, head)
  const replayed = on(fixture.repository, new MemoryBackend({ files: older }))
  assert.equal((await loadVaultState(replayed, signal)).head?.number, 3)
  await assert.rejects(loadVaultState(replayed, signal, head), StateChainError)
  // Somebody with the key has written another history over it.
  await append(replayed, holdOf('another'))
  await assert.rejects(loadVaultState(replayed, signal, head), StateChainError)
  // The head may be older than what a checkpoint has left.
  for (let number = 0; number < 64; number++) await append(fixture.repository, holdOf('again'))
  assert.ok((await loadVaultState(fixture.repository, signal, head)).base > head.number)
})

test('an unknown kind of record is no reason to guess', async () => {
  await using fixture = await RepositoryFixture.create()
  const { head } = await append(fixture.repository, holdOf('one'))
  const fields = { number: 2, previous: head?.hash, base: 1, time: 0, kind: 'embargo', body: {} }
  fixture.backend.plant('coffre/state/00000002', sealDocument(fixture.repository, 'state', fields))
  await assert.rejects(loadVaultState(fixture.repository, signal), { code: 'repository.format-newer' })
})

test('of writers at the same time each is recorded, in some order', async () => {
  await using fixture = await RepositoryFixture.create()
  await Promise.all(Array.from({ length: 12 }, (_, number) => append(fixture.repository, holdOf(`hold ${number}`))))
  const state = await loadVaultState(fixture.repository, signal)
  assert.deepEqual([state.head?.number, state.holds.size], [12, 12])
})

/** A store that does not decide between two writers: both believe that they were the first. */
class UndecidedBackend extends MemoryBackend {
  override readonly abilities = { conditionalCreate: false, objectLock: false }

  override save(...[file, body, { ifAbsent: _ifAbsent, ...options }, saveSignal]: Parameters<MemoryBackend['save']>) {
    return super.save(file, body, options, saveSignal)
  }
}

test('a writer whose record was overwritten before it was seen writes it again', async () => {
  await using fixture = await RepositoryFixture.create()
  const backend = new UndecidedBackend({ files: fixture.backend.files() })
  const repository = on(fixture.repository, backend)
  await Promise.all([append(repository, holdOf('one')), append(repository, holdOf('two'))])
  const state = await loadVaultState(repository, signal)
  assert.deepEqual([...state.holds.keys()].sort(), ['one', 'two'])
})

test('wherever an append is stopped, what was recorded before is there, and appending goes on', async (t) => {
  await using fixture = await RepositoryFixture.create()
  // The last of these is followed by a checkpoint.
  for (let number = 1; number <= 63; number++) await append(fixture.repository, holdOf(`hold ${number}`))
  const before = fixture.backend.files()
  const scenario = async (backend: Backend): Promise<void> => {
    const repository = on(fixture.repository, backend)
    await append(repository, holdOf('hold 64'))
    await append(repository, holdOf('hold 65'))
    await append(repository, holdOf('hold 66'))
  }
  let states = 0
  for await (const { point, files, completed } of crashStates(before, scenario)) {
    states++
    const what = `${point.variant} at operation ${point.operation}`
    const backend = new MemoryBackend({ files })
    const repository = on(fixture.repository, backend)
    const { holds } = await loadVaultState(repository, signal).catch((error: unknown) => assert.fail(`${what}: ${String(error)}`))
    for (let number = 1; number <= 63; number++) assert.ok(holds.has(`hold ${number}`), `${what}: hold ${number}`)
    assert.deepEqual([...holds.keys()].slice(63), ['hold 64', 'hold 65', 'hold 66'].slice(0, holds.size - 63), what)
    if (completed) assert.equal(holds.size, 66, what)
    for (const name of ['after', 'and after', 'and at last']) await append(repository, holdOf(name))
    const settled = new MemoryBackend({ files: backend.files() })
    assert.equal((await loadVaultState(on(fixture.repository, settled), signal)).holds.size, holds.size + 3, what)
  }
  t.diagnostic(`${states} states`)
  assert.ok(states > 40)
})

test('a record that a power cut tears after it was acknowledged to nobody is read from its draft', async () => {
  await using fixture = await RepositoryFixture.create()
  await append(fixture.repository, holdOf('one'))
  const kept: Uint8Array[] = []
  const decide = (operation: MemoryBackend['operations'][number]) => {
    if (operation.kind === 'remove') kept.push(operation.before ?? new Uint8Array())
    return { effect: operation.kind === 'remove' ? 'none' : 'applied' } as const
  }
  const backend = new MemoryBackend({ files: fixture.backend.files(), decide })
  const repository = on(fixture.repository, backend)
  await append(repository, holdOf('two'))
  assert.equal(kept.length, 1)
  backend.plant('coffre/state/00000002', new Uint8Array(0))
  assert.deepEqual([...(await loadVaultState(repository, signal)).holds.keys()], ['one', 'two'])
  await append(repository, holdOf('three'))
  assert.deepEqual(backend.files().get('coffre/state/00000002'), kept[0])
})

test('a state under a long listing of other files is found, and names that only look alike are not', async () => {
  await using fixture = await RepositoryFixture.create()
  await append(fixture.repository, holdOf('one'))
  for (const name of ['state/1', 'state/000000002', 'state/0000000a', 'journal/00000002', 'state/00000009~1234']) {
    fixture.backend.plant(`coffre/${name}`, new Uint8Array(9))
  }
  assert.equal((await loadVaultState(fixture.repository, signal)).head?.number, 1)
})
