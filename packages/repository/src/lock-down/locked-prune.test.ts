import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dayMs } from '@coffre/foundation'
import type { FileType, LockingMemoryBackend } from '@coffre/storage'
import { lockedBackup, lockedFixture, type RepositoryFixture, type SourceFiles } from '@coffre/testkit'
import { checkRepository } from '../check/check-repository.ts'
import { executePrune } from '../prune/execute-prune.ts'
import { planPrune } from '../prune/plan-prune.ts'
import { markPrune, swapPrune, sweepPrune } from '../prune/two-phase-prune.ts'
import { loadIndex } from '../repository/load-index.ts'
import type { Repository } from '../repository/repository.ts'
import { recordKnown } from '../state/known-files.ts'
import { loadVaultState } from '../state/load-vault-state.ts'
import { StatePruneLedger } from '../state/state-prune-ledger.ts'
import { heldAt } from '../state/vault-state.ts'
import { placeHold, releaseHold } from './legal-holds.ts'
import { storeTimeMs } from './store-time.ts'
import { VersionFallbackBackend } from './version-fallback-backend.ts'

const signal = new AbortController().signal
const unlimited = { kind: 'bytes', sizeBytes: 0 } as const

type Fixture = RepositoryFixture<LockingMemoryBackend>

function filesOf(fixture: Fixture, name: string, count: number, seed: number): SourceFiles {
  return Object.fromEntries(
    Array.from({ length: count }, (_, number) => [`${name}/${number}.bin`, fixture.noise(60_000, seed + number)]),
  )
}

async function keeperOf(fixture: Fixture): Promise<Repository> {
  return fixture.open(new VersionFallbackBackend(fixture.backend, fixture.backend.objectLock))
}

async function versionsLeft(fixture: Fixture, type: FileType): Promise<string[]> {
  const names = new Set<string>()
  for await (const { name } of fixture.backend.objectLock.versions(type, signal)) names.add(name)
  return [...names]
}

async function prune(keeper: Repository): Promise<void> {
  const nowMs = await storeTimeMs(keeper.backend, keeper.context, signal)
  const held = heldAt(await loadVaultState(keeper, signal), nowMs)
  const plan = await planPrune(keeper, { maxUnused: unlimited, held }, signal)
  await executePrune(keeper, plan, {}, signal)
}

async function assertSound(repository: Repository): Promise<void> {
  const messages: string[] = []
  const onFinding = ({ severity, message }: { readonly severity: string; readonly message: string }): void => {
    if (severity === 'error') messages.push(message)
  }
  await checkRepository(repository, { readData: 'all', onFinding }, signal)
  assert.deepEqual(messages, [])
}

test('a prune leaves what is locked where it is, and removes for good what is not', async () => {
  await using fixture = await lockedFixture()
  const first = await lockedBackup(fixture, { ...filesOf(fixture, 'old', 6, 100), ...filesOf(fixture, 'kept', 6, 200) })
  fixture.context.clock.advance(20 * dayMs)
  await lockedBackup(fixture, { old: undefined, ...filesOf(fixture, 'new', 6, 300) })
  const keeper = await keeperOf(fixture)
  const packs = async (): Promise<number> => (await versionsLeft(fixture, 'pack')).length
  const all = await packs()
  await assert.rejects(keeper.backend.remove({ type: 'snapshot', name: first }, signal), { code: 'storage.locked' })
  await prune(keeper)
  assert.equal(await packs(), all)
  // The first point's locks are over, those of what the second one uses are not.
  fixture.context.clock.advance(28 * dayMs)
  await keeper.backend.remove({ type: 'snapshot', name: first }, signal)
  await recordKnown(keeper, { removed: [{ type: 'snapshot', name: first }] }, signal)
  await prune(keeper)
  const left = await packs()
  assert.ok(left < all && left > 6, `${left} of ${all}`)
  await assertSound(keeper)
  await assertSound(fixture.repository)
  fixture.context.clock.advance(60 * dayMs)
  await prune(keeper)
  assert.ok((await packs()) <= left)
  await assertSound(fixture.repository)
})

test('candidates in the state carry a two-phase prune from one session to the next', async () => {
  await using fixture = await lockedFixture()
  const first = await lockedBackup(fixture, filesOf(fixture, 'old', 6, 100))
  fixture.context.clock.advance(dayMs)
  await lockedBackup(fixture, { old: undefined, ...filesOf(fixture, 'new', 6, 300) })
  fixture.context.clock.advance(60 * dayMs)
  const keeper = await keeperOf(fixture)
  await keeper.backend.remove({ type: 'snapshot', name: first }, signal)
  await recordKnown(keeper, { removed: [{ type: 'snapshot', name: first }] }, signal)
  const before = (await versionsLeft(fixture, 'pack')).length
  const { candidates } = await markPrune(keeper, new StatePruneLedger(keeper), { maxUnused: unlimited }, signal)
  assert.ok(candidates >= 6)
  const state = await loadVaultState(keeper, signal)
  assert.equal(state.candidates.size, candidates)
  const next = await keeperOf(fixture)
  await swapPrune(next, new StatePruneLedger(next), {}, signal)
  fixture.context.clock.advance(dayMs)
  const last = await keeperOf(fixture)
  const { removed } = await sweepPrune(last, new StatePruneLedger(last), {}, signal)
  assert.equal(removed.length, candidates)
  assert.equal((await versionsLeft(fixture, 'pack')).length, before - removed.length)
  assert.equal((await loadVaultState(last, signal)).candidates.size, 0)
  await assertSound(last)
})

test('what is held stays beyond its term, until the last hold on it is released', async () => {
  await using fixture = await lockedFixture()
  const first = await lockedBackup(fixture, filesOf(fixture, 'old', 4, 100))
  const keeper = await keeperOf(fixture)
  const index = await loadIndex(keeper, {}, signal)
  const hold = { name: 'case 7', reason: 'court', snapshots: [first] }
  await placeHold(keeper, index, hold, signal)
  await placeHold(keeper, index, hold, signal)
  await assert.rejects(placeHold(keeper, index, { ...hold, snapshots: ['00'.repeat(32)] }, signal))
  await placeHold(keeper, index, { ...hold, name: 'case 8' }, signal)
  fixture.context.clock.advance(90 * dayMs)
  const nowMs = fixture.context.clock.nowMs()
  const heldNow = async () => heldAt(await loadVaultState(keeper, signal), nowMs)
  const held = await heldNow()
  assert.deepEqual([...held.snapshots], [first])
  for (const name of held.packs)
    await assert.rejects(keeper.backend.remove({ type: 'pack', name }, signal), { code: 'storage.locked' })
  await assert.rejects(keeper.backend.remove({ type: 'snapshot', name: first }, signal), { code: 'storage.locked' })
  await releaseHold(keeper, 'case 7', signal)
  assert.deepEqual(await heldNow(), held)
  await assert.rejects(keeper.backend.remove({ type: 'snapshot', name: first }, signal), { code: 'storage.locked' })
  await releaseHold(keeper, 'case 8', signal)
  assert.deepEqual([...(await heldNow()).packs], [])
  await keeper.backend.remove({ type: 'snapshot', name: first }, signal)
  for (const name of held.packs) await keeper.backend.remove({ type: 'pack', name }, signal)
  await assert.rejects(releaseHold(keeper, 'case 8', signal), { code: 'usage.invalid' })
})
