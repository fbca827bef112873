import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryBackend, pathOf } from '@coffre/storage'
import { RepositoryFixture } from '@coffre/testkit'
import type { Node } from '../format/node.ts'
import { encodeTree } from '../format/tree-encoder.ts'
import { BlobReader } from '../repository/blob-reader.ts'
import { BlobWriter } from '../repository/blob-writer.ts'
import { loadIndex } from '../repository/load-index.ts'
import { listSnapshots } from '../snapshots/snapshots.ts'
import { dump, findDumpTarget } from './dump.ts'

/** Counts the bytes of packs that were asked for. */
class CountingBackend extends MemoryBackend {
  loadedBytes = 0

  override async load(...args: Parameters<MemoryBackend['load']>): Promise<Uint8Array> {
    const bytes = await super.load(...args)
    if (args[0].type === 'pack') this.loadedBytes += bytes.length
    return bytes
  }
}

async function openDump(fixture: RepositoryFixture<MemoryBackend>, tree: string, path: string) {
  const index = await loadIndex(fixture.repository, {}, fixture.signal)
  const target = await findDumpTarget(new BlobReader(fixture.repository, index), tree, path, fixture.signal)
  return { index, chunks: dump(fixture.repository, index, target, 'tar', fixture.signal) }
}

test('what is not asked for is not read', async () => {
  const backend = new CountingBackend()
  await using fixture = await RepositoryFixture.create({ backend })
  const { tree } = await fixture.snapshot({ large: fixture.noise(64 << 20, 1) }, { packBytes: 4 << 20 })
  const { chunks } = await openDump(fixture, tree, `${fixture.source}/large`)
  backend.loadedBytes = 0
  await chunks.next()
  await chunks.return(undefined)
  assert.ok(backend.loadedBytes < 50 << 20, `${backend.loadedBytes} bytes were loaded for the first chunk`)
  assert.ok(backend.loadedBytes > 0)
})

test('a damaged pack ends the dump with the blob, after the right bytes', async () => {
  await using fixture = await RepositoryFixture.create()
  const content = Buffer.from(fixture.noise(40 << 20, 2))
  const { tree } = await fixture.snapshot({ file: content }, { packBytes: 4 << 20 })
  const last = (await openDump(fixture, tree, `${fixture.source}/file`)).index
  const node = await findDumpTarget(new BlobReader(fixture.repository, last), tree, `${fixture.source}/file`, fixture.signal)
  assert.ok(node.kind === 'file')
  const lastBlob = node.node.content?.at(-1) ?? ''
  const pack = last.find(lastBlob, false)[0]
  assert.ok(pack !== undefined)
  const file = { type: 'pack', name: pack.packId } as const
  const bytes = Buffer.from(await fixture.backend.load(file, undefined, fixture.signal))
  bytes[pack.offset + 20] = (bytes[pack.offset + 20] ?? 0) ^ 1
  fixture.backend.plant(pathOf(file), bytes)
  const got: Uint8Array[] = []
  const { chunks } = await openDump(fixture, tree, `${fixture.source}/file`)
  await assert.rejects(
    async () => {
      for await (const chunk of chunks) got.push(chunk)
    },
    { code: 'blob.missing', message: new RegExp(lastBlob) },
  )
  const before = Buffer.concat(got)
  assert.ok(before.length > 0)
  assert.ok(before.equals(content.subarray(0, before.length)))
})

test('a tree that says another size than its blobs have is refused', async () => {
  await using fixture = await RepositoryFixture.create()
  await fixture.snapshot({ file: 'content' })
  const tree = await storeTree(fixture, (node) => ({ ...node, size: 3 }))
  const { chunks } = await openDump(fixture, tree, '/file')
  await assert.rejects(Array.fromAsync(chunks), { code: 'repository.damaged', message: /7 bytes where the tree says 3/ })
})

test('names that lead out of the folder are refused', async () => {
  for (const name of ['../escape', '..', '/etc']) {
    await using fixture = await RepositoryFixture.create()
    await fixture.snapshot({ file: 'content' })
    const tree = await storeTree(fixture, (node) => ({ ...node, name }))
    const { chunks } = await openDump(fixture, tree, '/')
    await assert.rejects(Array.fromAsync(chunks), { code: 'repository.damaged', message: /invalid name/ }, name)
  }
})

/** The id of a stored tree that has nothing but the file of the fixture's snapshot, changed. */
async function storeTree(fixture: RepositoryFixture<MemoryBackend>, change: (node: Node) => Node): Promise<string> {
  const index = await loadIndex(fixture.repository, {}, fixture.signal)
  const [snapshot] = await listSnapshots(fixture.repository, fixture.signal)
  const target = await findDumpTarget(
    new BlobReader(fixture.repository, index),
    snapshot?.tree ?? '',
    `${fixture.source}/file`,
    fixture.signal,
  )
  assert.ok(target.kind === 'file')
  const options = {
    level: 1,
    canCompress: true,
    verification: 'all',
    contentCut: { kind: 'gear', secret: new Uint8Array(32) },
  } as const
  await using writer = new BlobWriter(fixture.repository, index, { ...options, packBytes: 1 << 16 }, fixture.signal)
  const { id } = writer.addTree(encodeTree([change(target.node)]))
  await writer.finish()
  return id
}
