import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import type { Node } from '../format/node.ts'
import { goFileMode } from '../local/go-file-mode.ts'
import type { DumpEntry } from './dump-entries.ts'
import { zipArchive } from './zip.ts'

const time = '2001-02-03T04:05:06.789Z'
const node: Node = { name: 'x', type: 'file', mode: 0o640, mtime: time, atime: time, ctime: time, uid: 7, gid: 8, content: [] }

async function* entriesOf(
  items: readonly (readonly [path: string, node: Node, ...content: Buffer[]])[],
): AsyncGenerator<DumpEntry> {
  for (const [path, entry, ...content] of items) yield { path, node: entry, content: asAsync(content) }
}

async function* asAsync(content: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* content
}

/** What Python's reader, which knows nothing of ours, makes of the archive. */
async function read(entries: AsyncIterable<DumpEntry>, expression: string): Promise<unknown> {
  const script = `
import io, json, sys, zipfile
archive = zipfile.ZipFile(io.BytesIO(sys.stdin.buffer.read()))
print(json.dumps(${expression}))`
  const input = Buffer.concat(await Array.fromAsync(zipArchive(entries)))
  return JSON.parse(
    execFileSync('python3', ['-c', script], { input, maxBuffer: 1 << 26, env: { ...process.env, TZ: 'UTC' } }).toString(),
  )
}

test('files, folders and links are read as they were written, other types left out', async () => {
  const large = Buffer.alloc(300_000, 'abc')
  const entries = entriesOf([
    ['é/file', { ...node, size: 600_000 }, large, large],
    ['empty', node],
    ['é', { ...node, type: 'dir', mode: goFileMode('dir', 0o755), content: null }],
    ['link', { ...node, type: 'symlink', mode: goFileMode('symlink', 0o777), linkTarget: 'é/file', content: null }],
    ['fifo', { ...node, type: 'fifo', mode: goFileMode('fifo', 0o600), content: null }],
  ])
  const found = await read(
    entries,
    '[[i.filename, i.file_size, i.external_attr >> 16, len(archive.read(i))] for i in archive.infolist()] + [archive.testzip()]',
  )
  assert.deepEqual(found, [
    ['é/file', 600_000, 0o100640, 600_000],
    ['empty', 0, 0o100640, 0],
    ['é/', 0, 0o040755, 0],
    ['link', 7, 0o120777, 7],
    null,
  ])
})

test('an entry that may exceed 32 bits has sizes of 64', async () => {
  const entries = entriesOf([
    ['large', { ...node, size: 0xf0000000 }, Buffer.from('not really')],
    ['after', { ...node, size: 2 }, Buffer.from('it')],
  ])
  const found = await read(entries, '[[i.filename, archive.read(i).decode(), i.extract_version] for i in archive.infolist()]')
  assert.deepEqual(found, [
    ['large', 'not really', 45],
    ['after', 'it', 20],
  ])
})

test('an archive of more than 65,535 entries is whole', async () => {
  const items = Array.from({ length: 70_000 }, (_, i) => [`file ${i}`, node] as const)
  assert.deepEqual(await read(entriesOf(items), '[len(archive.namelist()), archive.namelist()[-1]]'), [70_000, 'file 69999'])
})
