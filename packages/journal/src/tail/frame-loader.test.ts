import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isCoffreError } from '@coffre/foundation'
import { RepositoryFixture } from '@coffre/testkit'
import { JournalVault, logOf } from '../testing/journal-vault.ts'
import { at } from '../testing/segment-format.ts'

const { signal } = new AbortController()
const tails = 20

/** A vault with small tails, and whatever is under way to its backend once they are read. */
async function stage() {
  const fixture = await RepositoryFixture.create()
  const { repository } = fixture
  const vault = new JournalVault(repository, 0)
  await using journal = await vault.begin()
  for (let tail = 0; tail < tails; tail++) await vault.seal(journal, vault.stream.write(300))
  const reader = await vault.reader()
  const { backend } = repository
  const load = backend.load.bind(backend)
  const counts = { asked: 0, underWay: 0, most: 0, failsAt: Number.POSITIVE_INFINITY }
  backend.load = async (...args) => {
    const number = counts.asked++
    counts.underWay++
    counts.most = Math.max(counts.most, counts.underWay)
    await new Promise((resolve) => setImmediate(resolve))
    try {
      if (number >= counts.failsAt) await repository.backend.remove(args[0], signal)
      return await load(...args)
    } finally {
      counts.underWay--
    }
  }
  const through = at('1', tails * 300)
  return { fixture, vault, counts, read: () => reader.read(at('1', 0), through, signal), through }
}

test('tails that come next are on their way while one is looked at, and each is asked for once', async () => {
  const { fixture, vault, counts, read, through } = await stage()
  await using _fixture = fixture
  assert.ok((await logOf(read())).equals(vault.stream.log(at('1', 0), through)))
  assert.deepEqual([counts.asked, counts.most], [tails, 9])
})

test('all batches lie in the same memory, and so a batch is gone once the next one is asked for', async () => {
  const { fixture, read } = await stage()
  await using _fixture = fixture
  const memory = new Set<ArrayBufferLike>()
  for await (const { bytes } of read()) memory.add(bytes.buffer)
  assert.equal(memory.size, 1)
})

test('whoever leaves early leaves nothing behind that fails unheard', async () => {
  const { fixture, counts, read } = await stage()
  await using _fixture = fixture
  counts.failsAt = 3
  for await (const { through } of read()) if (through.offset === at('1', 600).offset) break
  while (counts.underWay > 0) await new Promise((resolve) => setImmediate(resolve))
  assert.ok(counts.asked > 3)
})

test('a tail that is gone when its turn comes is damage, told by its number', async () => {
  const { fixture, counts, read } = await stage()
  await using _fixture = fixture
  counts.failsAt = 5
  const seen: string[] = []
  await assert.rejects(
    async () => {
      for await (const { through } of read()) seen.push(through.offset)
    },
    (error) => isCoffreError(error, 'journal.damaged') && /tail 6 /.test(error.message),
  )
  assert.equal(seen.length, 5)
})
