import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryBackend } from '@coffre/storage'
import { RepositoryFixture } from '@coffre/testkit'
import { KeptSnapshots } from './kept-snapshots.ts'
import { listSnapshots } from './snapshots.ts'

const signal = new AbortController().signal

class CountingBackend extends MemoryBackend {
  loads = 0

  override load(...args: Parameters<MemoryBackend['load']>): Promise<Uint8Array> {
    this.loads++
    return super.load(...args)
  }
}

test('snapshots are read once, come in their order, and are forgotten when they are gone', async () => {
  const backend = new CountingBackend()
  await using fixture = await RepositoryFixture.create({ backend })
  const kept = new KeptSnapshots(fixture.repository)
  const loadsOf = async (): Promise<number> => {
    const all = await listSnapshots(fixture.repository, signal)
    backend.loads = 0
    assert.deepEqual(await kept.list(signal), all)
    return backend.loads
  }
  const first = await fixture.snapshot({ one: 'one' })
  await fixture.snapshot({ two: 'two' })
  assert.equal(await loadsOf(), 2)
  const bytes = kept.memoryBytes
  await fixture.snapshot({ three: 'three' })
  assert.equal(await loadsOf(), 1)
  assert.equal(await loadsOf(), 0)
  await backend.remove({ type: 'snapshot', name: first.id }, signal)
  assert.equal(await loadsOf(), 0)
  assert.ok(Math.abs(kept.memoryBytes - bytes) < bytes / 4)
  kept.release()
  assert.equal(kept.memoryBytes, 0)
  assert.equal(await loadsOf(), 2)
})

test('one that cannot be read is told of each time, and never kept', async () => {
  await using fixture = await RepositoryFixture.create()
  const { id } = await fixture.snapshot({ one: 'one' })
  fixture.backend.plant(`snapshots/${id}`, new Uint8Array(40))
  const kept = new KeptSnapshots(fixture.repository)
  const damaged: string[] = []
  for (const round of [1, 2]) {
    assert.deepEqual(await kept.list(signal, (name) => damaged.push(name)), [])
    assert.equal(damaged.length, round)
  }
  await assert.rejects(kept.list(signal), { code: 'repository.damaged' })
})
