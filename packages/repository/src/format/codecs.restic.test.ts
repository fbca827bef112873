import assert from 'node:assert/strict'
import { chmod, link, lutimes, mkdir, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { byteStringFrom, bytesOf } from '@coffre/foundation'
import { ResticOracle } from '@coffre/testkit'
import { decodeConfig, encodeConfig } from './config-codec.ts'
import { encodeIndex, type IndexedPack } from './index-encoder.ts'
import { scanIndex } from './index-scanner.ts'
import { decodeKey, encodeKey } from './key-codec.ts'
import { decodeLock, encodeLock } from './lock-codec.ts'
import type { Node } from './node.ts'
import { decodeSnapshot, encodeSnapshot } from './snapshot-codec.ts'
import { decodeTree } from './tree-decoder.ts'
import { encodeTree } from './tree-encoder.ts'

/** Every byte, in names that are and are not UTF-8, and what Go's Quote and JSON treat in their own ways. */
const names: readonly Buffer[] = [
  ...Array.from({ length: 254 }, (_, i) => i + 1)
    .filter((byte) => byte !== 0x2f)
    .map((byte) => Buffer.of(0x62, byte)),
  ...[
    '<html>&amp;',
    '"quoted" \\ back',
    'line\nfeed',
    'sep\u2028\u2029',
    'emoji 😀👩‍👩‍👧',
    '日本語',
    'éèà',
    '\u0378unassigned',
    '\ufeffbom',
    '\ufffd',
    '\u{e0001}',
    '\u{10ffff}',
    '\u{1fae9}',
  ].map((name) => Buffer.from(name)),
  Buffer.from('c3a9ff62c328f09f98', 'hex'),
  Buffer.from('eda080edb080', 'hex'),
]

test('what restic wrote is read, and written again byte for byte', async () => {
  await using oracle = await ResticOracle.create()
  await makeTree(oracle)
  await oracle.run(['backup', 'tree', '--tag', 'a<b>,c', '--exclude', '*.nothing&', '--host', 'h"ost', '--quiet'])
  await oracle.run(['backup', 'tree/links', '--quiet'])

  let nodeCount = 0
  const pending = await snapshotTrees(oracle)
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    const blob = await oracle.run(['cat', 'blob', id])
    const nodes = decodeTree(blob, (field) => assert.fail(`unknown field ${field}`))
    assert.equal(encodeTree(nodes).toString(), blob.toString())
    nodeCount += nodes.length
    for (const node of nodes) if (node.subtree !== undefined) pending.push(node.subtree)
    if (nodes.some((node) => node.name === 'raw')) checkLinks(nodes)
    if (nodes.length >= names.length)
      assert.deepEqual(new Set(nodes.map(({ name }) => name)), new Set(names.map((name) => byteStringFrom(name))))
  }
  assert.ok(nodeCount > names.length)

  for (const id of await oracle.list('index')) {
    const content = await oracle.run(['cat', 'index', id])
    assert.equal(`${encodeIndex(packsOf(content))}\n`, content.toString())
  }
  for (const id of await oracle.list('keys')) {
    const printed = await oracle.run(['cat', 'key', id])
    assert.equal(encodeKey(decodeKey(printed)).toString(), compact(printed))
  }
  const config = await oracle.run(['cat', 'config'])
  assert.equal(encodeConfig(decodeConfig(config)).toString(), compact(config))
  const lock = Buffer.from('{"time":"2026-11-21T10:54:20.5Z","exclusive":false,"hostname":"a&b","username":"root","pid":7}')
  assert.deepEqual(encodeLock(decodeLock(lock)).toString(), lock.toString().replace('&', '\\u0026'))
})

async function makeTree(oracle: ResticOracle): Promise<void> {
  const tree = join(oracle.folder, 'tree')
  const links = join(tree, 'links')
  await mkdir(links, { recursive: true })
  await mkdir(join(tree, 'names'))
  for (const name of names) await writeFile(Buffer.concat([Buffer.from(`${tree}/names/`), name]), name)
  await writeFile(join(links, 'empty'), '')
  await writeFile(join(links, 'large'), Buffer.alloc(3_000_000, 'x'))
  await chmod(join(links, 'large'), 0o6751)
  await link(join(links, 'large'), join(links, 'second name'))
  await symlink('a<b>&"c"\\', join(links, 'text'))
  await symlink(Buffer.from('fffe2f61', 'hex'), join(links, 'raw'))
  await utimes(join(links, 'empty'), 1e9 + 0.25, -5)
  await lutimes(join(links, 'text'), 2e9, 3e9)
}

async function snapshotTrees(oracle: ResticOracle): Promise<string[]> {
  const trees: string[] = []
  for (const id of await oracle.list('snapshots')) {
    const printed = await oracle.run(['cat', 'snapshot', id])
    const snapshot = decodeSnapshot(printed)
    assert.equal(encodeSnapshot(snapshot).toString(), compact(printed))
    trees.push(snapshot.tree)
  }
  assert.equal(trees.length, 2)
  return trees
}

function checkLinks(nodes: readonly Node[]): void {
  const named = (name: string): Node => nodes.find((node) => node.name === name) ?? assert.fail(name)
  assert.deepEqual(bytesOf(named('raw').linkTarget ?? ''), Buffer.from('fffe2f61', 'hex'))
  assert.equal(named('text').linkTarget, 'a<b>&"c"\\')
  assert.deepEqual(named('empty').content, [])
  assert.equal(named('large').links, 2)
  assert.ok(named('second name').deviceId)
}

function packsOf(content: Uint8Array): IndexedPack[] {
  const packs: { id: string; blobs: IndexedPack['blobs'][number][] }[] = []
  const id = Buffer.alloc(32)
  scanIndex(content, {
    id,
    pack: () => packs.push({ id: id.toString('hex'), blobs: [] }),
    blob: (isTree, offset, sealedBytes, rawBytes) =>
      packs.at(-1)?.blobs.push({ id: id.toString('hex'), isTree, offset, sealedBytes, rawBytes }),
  })
  return packs
}

/** restic prints indented what it stores compact. */
function compact(printed: Buffer): string {
  return printed
    .toString()
    .replace(/\n */g, '')
    .replace(/("(?:[^"\\]|\\.)*"): /g, '$1:')
}
