import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BlobReader, loadIndex, type Node } from '@coffre/repository'
import { RepositoryFixture } from '@coffre/testkit'
import { contentOfFile } from './folded-hour.ts'

const never = new AbortController().signal

test('blobs that are read ahead and fail before their turn are the failure of whoever reads, and of nobody else', async (t) => {
  await using fixture = await RepositoryFixture.create()
  const reader = new BlobReader(fixture.repository, await loadIndex(fixture.repository, {}, never))
  const first = Promise.withResolvers<Buffer>()
  let asked = 0
  t.mock.method(reader, 'blob', () => (asked++ === 0 ? first.promise : Promise.reject(new Error('it cannot be read'))))
  const file = { name: 'log', branch: '1', after: '0', through: '9', logBytes: 9, isComplete: true, parts: [] } as const
  const node = { name: 'log', type: 'file', content: ['a', 'b', 'c', 'd'] } as unknown as Node
  const hour = { index: { files: [], marks: [] }, nodes: new Map([['log', node]]) } as unknown as Parameters<
    typeof contentOfFile
  >[1]
  const content = contentOfFile(reader, hour, file as unknown as Parameters<typeof contentOfFile>[2], never)[Symbol.asyncIterator]()
  const one = content.next()
  // What nobody handles fails the test by now.
  await new Promise((resolve) => setTimeout(resolve, 0))
  assert.equal(asked, 4)
  first.resolve(Buffer.from('first'))
  assert.equal(String((await one).value), 'first')
  await assert.rejects(content.next(), /it cannot be read/)
})
