import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BlobReader, listSnapshots, loadIndex, walkTree } from '@coffre/repository'
import { RepositoryFixture } from '@coffre/testkit'
import { listTails } from '../tail/list-tails.ts'
import { JournalVault, streamName } from '../testing/journal-vault.ts'
import { at } from '../testing/segment-format.ts'

const { signal } = new AbortController()
const hourMs = 3_600_000
const startMs = Date.UTC(2026, 10, 21, 21, 30)

async function vaultOf(fixture: RepositoryFixture): Promise<JournalVault> {
  fixture.context.clock.skewMs = startMs - fixture.context.clock.nowMs()
  return new JournalVault(fixture.repository, startMs)
}

/** The files of each point, by its day. */
async function pointsOf({ repository }: JournalVault): Promise<Record<string, string[]>> {
  const reader = new BlobReader(repository, await loadIndex(repository, {}, signal))
  const points: Record<string, string[]> = {}
  for (const { tree, tags = [] } of await listSnapshots(repository, signal)) {
    const [day = ''] = tags.flatMap((tag) => (tag.startsWith('coffre:day=') ? [tag.slice('coffre:day='.length)] : []))
    const closed = tags.includes('coffre:closed=yes') ? ' closed' : ''
    const files: string[] = []
    for await (const { path, node } of walkTree(reader, tree, {}, signal)) if (node.type === 'file') files.push(path.slice(1))
    points[`${day}${closed}`] = files.filter((path) => !path.endsWith('.json'))
  }
  return points
}

test('log goes into the folder of its hour, day by day, and is read from there', async () => {
  await using fixture = await RepositoryFixture.create()
  const vault = await vaultOf(fixture)
  const { stream } = vault
  await using journal = await vault.begin()
  for (let step = 0; step < 8; step++) {
    await vault.seal(journal, stream.write(300), stream.write(400))
    stream.nowMs += hourMs / 2
    const outcome = await vault.fold()
    assert.equal(outcome.points.length, step === 5 ? 2 : 1)
    await vault.retire(outcome)
    await vault.assertLog(at('1', 0), at('1', 700 * (step + 1)))
  }
  assert.deepEqual(await pointsOf(vault), {
    '2026-11-21 closed': ['21/1-000000', '22/1-000001', '22/1-000002', '23/1-000003'],
    '2026-11-22': ['00/1-000003', '00/1-000004', '01/1-000005'],
  })
  assert.equal((await listTails(vault.repository, streamName, signal)).length, 1)
})
