import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { RepositoryFixture, temporaryFolder } from '@coffre/testkit'
import { loadIndex } from '../repository/load-index.ts'
import { Restorer } from './restorer.ts'

const mib = 1024 * 1024

test('a pack with content that shrank much is read in parts that threads can share out', async () => {
  await using fixture = await RepositoryFixture.create()
  await using target = await temporaryFolder()
  const content = Buffer.alloc(72 * mib)
  for (let at = 0; at < content.length; at += mib / 4) content.fill(`block ${at} `, at, at + mib / 4)
  const snapshot = await fixture.snapshot({ table: content }, { cut: 'fixed', packBytes: 16 * mib })
  const index = await loadIndex(fixture.repository, {}, fixture.signal)
  const [first] = index.find(hash('sha256', content.subarray(0, mib / 2), 'hex'), false)
  assert.ok(first)
  const { backend } = fixture
  const load = backend.load.bind(backend)
  let reads = 0
  backend.load = (...args) => {
    const [{ type, name }] = args
    if (type === 'pack' && name === first.packId) reads++
    return load(...args)
  }
  const options = {
    select: () => ({ selected: true, childMayBeSelected: true }),
    selectAttribute: () => true,
    overwrite: 'always',
    removeOthers: false,
    sparse: false,
    dryRun: false,
    verify: false,
    onError: (location: string, error: unknown) => assert.fail(`${location}: ${error}`),
  } as const
  await Restorer.restore(fixture.repository, index, snapshot.tree, target.path, options, fixture.signal)
  assert.ok(content.equals(await readFile(join(target.path, fixture.source, 'table'))))
  // It is all in this pack, in a hundredth of its size.
  assert.equal(reads, 3)
})
