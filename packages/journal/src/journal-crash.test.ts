import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkRepository, type Finding, loadIndex } from '@coffre/repository'
import { type Backend, MemoryBackend, RetryBackend } from '@coffre/storage'
import { crashStates, crashVariants, RepositoryFixture } from '@coffre/testkit'
import { describeLog } from './describe-log.ts'
import { JournalVault, streamName } from './testing/journal-vault.ts'
import { at, byteOf } from './testing/segment-format.ts'

const startMs = Date.UTC(2026, 10, 21, 22, 30)
const hourMs = 3_600_000
const { signal } = new AbortController()

test('wherever sealing stops, the journal goes on from what was durable', async () => {
  await using fixture = await RepositoryFixture.create()
  const before = fixture.backend.files()
  let resolved = 0
  let appended = 0
  const scenario = async (backend: Backend): Promise<void> => {
    ;[resolved, appended] = [0, 0]
    const repository = await fixture.open(new RetryBackend(backend, fixture.context))
    const vault = new JournalVault(repository, startMs)
    const journal = await vault.begin({ tailBytes: 250 })
    for (const sizes of [[100], [300, 300], [50]]) {
      for (const size of sizes) {
        appended += size
        await journal.append(vault.stream.write(size))
      }
      resolved = byteOf(await vault.seal(journal))
    }
  }
  let states = 0
  let durableBefore = 0
  for await (const { point, files, completed } of crashStates(before, scenario)) {
    const what = `${point.variant} at ${point.operation}`
    const vault = new JournalVault(await fixture.open(new MemoryBackend({ files })), startMs)
    const journal = await vault.open()
    const durable = journal.durable === undefined ? 0 : byteOf(journal.durable)
    states++
    // Of those that the process survived it is known what they were told; of the others that time only goes forward.
    if (completed || point.variant === 'no-space')
      assert.ok(durable >= resolved && durable <= appended, `${what}: ${durable} of ${resolved}`)
    assert.ok([0, 100, 400, 700, 750].includes(durable), `${what}: ${durable}`)
    if (point.variant === 'not-applied') assert.ok(durable >= durableBefore, what)
    if (point.variant === 'not-applied') durableBefore = durable
    if (journal.durable === undefined) journal.beginEpoch(at('1', 0), [{ id: '1' }])
    const { stream } = vault
    const lost = stream.write(750)
    const rest = { ...lost, after: at('1', durable), bytes: lost.bytes.subarray(durable) }
    if (durable < 750) await vault.seal(journal, rest)
    await vault.seal(journal, stream.write(10))
    await vault.assertLog(at('1', 0), at('1', 760))
    assert.deepEqual((await vault.open()).durable, at('1', 760))
  }
  assert.ok(states > 20, String(states))
})

test('wherever a fold or a retirement stops, nothing is lost or doubled, and the next one ends it', async () => {
  await using fixture = await RepositoryFixture.create()
  fixture.context.clock.skewMs = startMs - fixture.context.clock.nowMs()
  const prepared = new JournalVault(fixture.repository, startMs)
  const { stream } = prepared
  const journal = await prepared.begin()
  await prepared.seal(journal, stream.write(700), stream.write(900))
  await prepared.retire(await prepared.fold())
  stream.nowMs += hourMs
  await prepared.seal(journal, stream.write(700), stream.fork(300), stream.write(900))
  stream.nowMs += hourMs
  await prepared.seal(journal, stream.write(900), stream.write(100))
  await journal[Symbol.asyncDispose]()
  const end = stream.end
  const before = fixture.backend.files()
  const vaultOn = async (backend: Backend): Promise<JournalVault> => {
    const vault = new JournalVault(await fixture.open(backend), startMs)
    return Object.assign(vault, { stream })
  }
  const scenario = async (backend: Backend): Promise<void> => {
    const vault = await vaultOn(new RetryBackend(backend, fixture.context))
    await vault.retire(await vault.fold())
  }
  let states = 0
  // An index that the worst of disks leaves empty is what `repair` is for, in any repository.
  const variants = crashVariants.filter((variant) => variant !== 'unsynced-empty' && variant !== 'unsynced-mixed')
  for await (const { point, files } of crashStates(before, scenario, { variants })) {
    const backend = new MemoryBackend({ files })
    const vault = await vaultOn(backend)
    try {
      await vault.assertLog(at('1', 0), end)
      await vault.assertLog(at('1', 0), at('1', 2300))
      const outcome = await vault.fold()
      await vault.retire(outcome)
      await vault.assertLog(at('1', 0), end)
      await vault.assertLog(at('1', 0), at('1', 2300))
      const index = await loadIndex(vault.repository, {}, signal)
      const [description] = await describeLog(vault.repository, index, streamName, signal)
      assert.deepEqual([description?.foldedThrough, description?.unfoldedBytes], [end, 0])
      const findings: Finding[] = []
      await checkRepository(vault.repository, { readData: 'all', onFinding: (finding) => findings.push(finding) }, signal)
      assert.deepEqual(
        findings.filter(({ severity }) => severity === 'error'),
        [],
      )
    } catch (error) {
      throw new Error(`${point.variant} at ${point.operation}`, { cause: error })
    }
    states++
  }
  assert.ok(states > 40, String(states))
})
