import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Backend, MemoryBackend } from '@coffre/storage'
import { crashStates, RepositoryFixture } from '@coffre/testkit'
import type { Id } from '../format/node.ts'
import { nothingHeld } from '../prune/held.ts'
import type { Repository } from '../repository/repository.ts'
import { listSnapshots } from '../snapshots/snapshots.ts'
import { type ChangeTagsOptions, changeTags } from './change-tags.ts'

const signal = new AbortController().signal

async function tagAll(repository: Repository, options: Partial<ChangeTagsOptions> = {}): Promise<[changed: number, failed: Id[]]> {
  const failed: Id[] = []
  const all: ChangeTagsOptions = {
    change: { add: ['x'], remove: [] },
    held: nothingHeld,
    onError: (id) => failed.push(id),
    ...options,
  }
  const snapshots = await listSnapshots(repository, signal, () => undefined)
  return [await changeTags(repository, snapshots, all, signal), failed]
}

test('held snapshots keep their tags, the others change', async () => {
  await using fixture = await RepositoryFixture.create()
  const { id } = await fixture.snapshot({ a: 'a' })
  await fixture.snapshot({ b: 'b' })
  assert.deepEqual(await tagAll(fixture.repository, { held: { snapshots: new Set([id]), packs: new Set() } }), [1, [id]])
  const snapshots = await listSnapshots(fixture.repository, signal)
  assert.deepEqual(
    snapshots.map(({ tags }) => tags),
    [undefined, ['x']],
  )
})

test('setting the empty tag alone takes all tags away, which restic means to do but does not', async () => {
  await using fixture = await RepositoryFixture.create()
  await fixture.snapshot({ a: 'a' }, { tags: ['one', 'two'] })
  assert.deepEqual(await tagAll(fixture.repository, { change: { set: [''] } }), [1, []])
  assert.equal((await listSnapshots(fixture.repository, signal))[0]?.tags, undefined)
})

test('twins that are set to the tags that they have remain one at least', async () => {
  await using fixture = await RepositoryFixture.create()
  await fixture.snapshot({ a: 'a' }, { tags: ['same'] })
  await tagAll(fixture.repository, { change: { set: ['same'] } })
  await tagAll(fixture.repository, { change: { set: ['same'] } })
  assert.deepEqual(
    (await listSnapshots(fixture.repository, signal)).map(({ tags }) => tags),
    [['same']],
  )
})

test('wherever a change stops, no snapshot is lost, and another run makes it whole', async () => {
  await using fixture = await RepositoryFixture.create()
  await fixture.snapshot({ a: 'a' })
  await fixture.snapshot({ b: 'b' })
  const trees = (await listSnapshots(fixture.repository, signal)).map(({ tree }) => tree).sort()
  let states = 0
  for (const change of [{ add: ['x'], remove: [] }, { set: ['x'] }]) {
    const scenario = async (backend: Backend): Promise<unknown> => tagAll(await fixture.open(backend), { change })
    for await (const state of crashStates(fixture.backend.files(), scenario)) {
      const repository = await fixture.open(new MemoryBackend({ files: state.files }))
      const stopped = await listSnapshots(repository, signal, () => undefined)
      assert.deepEqual(new Set(stopped.map(({ tree }) => tree)), new Set(trees))
      await tagAll(repository, { change })
      const after = await listSnapshots(repository, signal, () => undefined)
      assert.deepEqual(after.map(({ tree }) => tree).sort(), trees)
      assert.ok(after.every(({ tags }) => tags?.join() === 'x'))
      states++
    }
  }
  assert.ok(states > 10, `${states} states`)
})
