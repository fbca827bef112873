import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Backend, RetryBackend, type StoredFiles } from '@coffre/storage'
import { config, fileOf, noSignal, pattern } from '../backend-contract/contract-subject.ts'
import { fakeContext } from '../fake-clock.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { type CrashState, crashAt, crashStates, recordScenario } from './crash-states.ts'
import { readStoredFiles, stateHash, writeStoredFiles } from './stored-files.ts'

const [one, two] = [pattern(100, 1), pattern(200, 2)]
const [pack, index] = [fileOf('pack', one), fileOf('index', two)]
const packPath = `data/${pack.name.slice(0, 2)}/${pack.name}`
const indexPath = `index/${index.name}`
const before: StoredFiles = new Map([['config', pattern(40)]])

/** save pack (0), flush (1), save index (2), remove config (3). */
async function scenario(backend: Backend): Promise<void> {
  await backend.save(pack, [one], {}, noSignal)
  await backend.flush(noSignal)
  await backend.save(index, [two], {}, noSignal)
  await backend.remove(config, noSignal)
}

async function stopped(operation: number, variant: CrashState['point']['variant'], run = scenario): Promise<CrashState> {
  return crashAt(before, run, await recordScenario(before, run), { operation, variant })
}

function sizes(state: { readonly files: StoredFiles }): Record<string, number> {
  return Object.fromEntries([...state.files].map(([path, bytes]) => [path, bytes.byteLength]))
}

test('a recording has every change in order and what came of them', async () => {
  const recording = await recordScenario(before, scenario)
  assert.deepEqual(
    recording.operations.map((operation) => operation.kind),
    ['save', 'flush', 'save', 'remove'],
  )
  assert.deepEqual(sizes({ files: recording.after }), { [packPath]: 100, [indexPath]: 200 })
  assert.deepEqual(sizes({ files: before }), { config: 40 })
})

test('a machine that dies before an operation keeps those before it', async () => {
  assert.deepEqual(sizes(await stopped(0, 'not-applied')), { config: 40 })
  assert.deepEqual(sizes(await stopped(3, 'not-applied')), { config: 40, [packPath]: 100, [indexPath]: 200 })
})

test('a machine that dies within a save leaves half of it under a name that is not listed', async () => {
  assert.deepEqual(sizes(await stopped(2, 'leftover')), { config: 40, [packPath]: 100, [`${indexPath}-tmp-0`]: 100 })
})

test('a power cut empties or loses what no flush made durable', async () => {
  assert.deepEqual(sizes(await stopped(0, 'unsynced-empty')), { config: 40, [packPath]: 0 })
  assert.deepEqual(sizes(await stopped(3, 'unsynced-empty')), { [packPath]: 100, [indexPath]: 0 })
  assert.deepEqual(sizes(await stopped(3, 'unsynced-lost')), { config: 40, [packPath]: 100 })
})

test('an unsynced change fares each way under some seed', async () => {
  const recording = await recordScenario(before, scenario)
  const outcomes = new Set<number | undefined>()
  for (let seed = 0; seed < 100; seed++) {
    const state = await crashAt(before, scenario, recording, { operation: 2, variant: 'unsynced-mixed' }, seed)
    assert.equal(state.files.get(packPath)?.byteLength, 100)
    outcomes.add(state.files.get(indexPath)?.byteLength)
  }
  assert.deepEqual(outcomes, new Set([undefined, 0, 100, 200]))
})

test('a lost acknowledgement stops those who do not try again, and only those', async () => {
  const given = await stopped(2, 'acknowledgement-lost')
  assert.deepEqual([given.completed, sizes(given)], [false, { config: 40, [packPath]: 100, [indexPath]: 200 }])
  const tried = await stopped(2, 'acknowledgement-lost', (backend) => scenario(new RetryBackend(backend, fakeContext())))
  assert.deepEqual([tried.completed, sizes(tried)], [true, { [packPath]: 100, [indexPath]: 200 }])
})

test('a full disk stays full until something is removed', async () => {
  const full = await stopped(2, 'no-space')
  assert.deepEqual([full.completed, sizes(full)], [false, { config: 40, [packPath]: 100 }])
  const freeing = await stopped(2, 'no-space', async (backend) => {
    await backend.save(pack, [one], {}, noSignal)
    await backend.flush(noSignal)
    const save = (): Promise<unknown> => backend.save(config, [pattern(90)], {}, noSignal)
    await save()
      .catch(save)
      .catch(async () => {
        await backend.remove(pack, noSignal)
        await save()
      })
  })
  assert.deepEqual([freeing.completed, sizes(freeing)], [true, { config: 90 }])
})

test('every distinct state is given once, and the same ones each time', async () => {
  const states = await Array.fromAsync(crashStates(before, scenario, { seed: 7 }))
  const again = await Array.fromAsync(crashStates(before, scenario, { seed: 7 }))
  assert.deepEqual(
    again.map((state) => state.hash),
    states.map((state) => state.hash),
  )
  const keys = states.map((state) => `${state.hash} ${state.completed}`)
  assert.equal(new Set(keys).size, keys.length)
  assert.ok(states.some((state) => stateHash(state.files) === stateHash(before)))
})

test('the hash of a state knows names and contents, not their order', async () => {
  const [a, b] = [
    ['x', one],
    ['y', two],
  ] as const
  assert.equal(stateHash(new Map([a, b])), stateHash(new Map([b, a])))
  assert.notEqual(
    stateHash(new Map([a, b])),
    stateHash(
      new Map([
        ['x', two],
        ['y', one],
      ]),
    ),
  )
  assert.notEqual(stateHash(new Map([a])), stateHash(new Map([a, b])))
})

test('states go to a folder and come back', async () => {
  await using folder = await temporaryFolder()
  const { files } = await stopped(2, 'leftover')
  await writeStoredFiles(files, `${folder.path}/vault`)
  const back = await readStoredFiles(`${folder.path}/vault`)
  assert.equal(stateHash(back), stateHash(files))
})
