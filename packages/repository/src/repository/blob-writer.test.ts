import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CoffreError } from '@coffre/foundation'
import { MemoryBackend, type MemoryOperation } from '@coffre/storage'
import { RepositoryFixture } from '@coffre/testkit'
import { BlobWriter, type BlobWriterOptions } from './blob-writer.ts'
import { loadIndex } from './load-index.ts'
import { Repository } from './repository.ts'

const signal = new AbortController().signal
const options: BlobWriterOptions = {
  level: 1,
  canCompress: true,
  verification: 'all',
  contentCut: { kind: 'gear', secret: new Uint8Array(32) },
  packBytes: 64 * 1024,
}

async function exampleRepository(
  decide?: (operation: MemoryOperation) => boolean,
): Promise<{ readonly repository: Repository; readonly backend: MemoryBackend }> {
  await using fixture = await RepositoryFixture.create()
  await fixture.snapshot({ one: 'one' })
  const { config, masterKey, keyId, context } = fixture.repository
  const backend = new MemoryBackend({
    files: fixture.backend.files(),
    decide: (operation) =>
      decide?.(operation) === false
        ? { effect: 'none', error: new CoffreError('storage.permission', 'no') }
        : { effect: 'applied' },
  })
  return { repository: new Repository(backend, context, config, masterKey, keyId), backend }
}

test('nothing is stored on an index that was replaced before the lock was confirmed, and nothing is finished', async () => {
  const { repository, backend } = await exampleRepository()
  const index = await loadIndex(repository, {}, signal)
  const confirmation = Promise.withResolvers<void>()
  await using writer = new BlobWriter(repository, index, { ...options, confirmed: confirmation.promise }, signal)
  for (const name of index.files) await backend.remove({ type: 'index', name }, signal)
  confirmation.resolve()
  const operations = backend.operations.length
  await assert.rejects(writer.finish(), { code: 'repository.locked' })
  assert.equal(backend.operations.length, operations)
})

test('a lock that is refused ends the session, also one that has nothing new to store', async () => {
  const { repository } = await exampleRepository()
  const index = await loadIndex(repository, {}, signal)
  const confirmed = Promise.reject(new CoffreError('repository.locked', 'somebody was quicker'))
  await using writer = new BlobWriter(repository, index, { ...options, confirmed }, signal)
  await assert.rejects(writer.finish(), /somebody was quicker/)
})

test('a pack that cannot be stored ends the session with its error, and no index names anything', async () => {
  const { repository, backend } = await exampleRepository(
    (operation) => operation.kind !== 'save' || !operation.path.startsWith('data/'),
  )
  const index = await loadIndex(repository, {}, signal)
  const before = [...backend.files().keys()]
  await using writer = new BlobWriter(repository, index, options, signal)
  writer.addTree(Buffer.from('{"nodes":[]}\n'))
  await assert.rejects(writer.finish(), { code: 'storage.permission' })
  await assert.rejects(writer.finish(), { code: 'storage.permission' })
  assert.deepEqual([...backend.files().keys()], before)
})

test('an aborted session leaves no promise that nobody waits for', async () => {
  const { repository } = await exampleRepository()
  const index = await loadIndex(repository, {}, signal)
  const abort = new AbortController()
  const writer = new BlobWriter(repository, index, options, abort.signal)
  writer.addTree(Buffer.from('{"nodes":[]}\n'))
  abort.abort(new CoffreError('interrupted', 'enough'))
  await assert.rejects(writer.finish(), /enough/)
  await writer[Symbol.asyncDispose]()
})
