import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CoffreError } from '@coffre/foundation'
import type { Node, NodeType } from '../format/node.ts'
import { findFolder, findNode } from './find-folder.ts'
import { type TreeSource, type WalkOptions, walkTree } from './walk-tree.ts'

const signal = new AbortController().signal

function node(name: string, type: NodeType, subtree?: string): Node {
  const time = '2026-01-01T00:00:00Z'
  return {
    name,
    type,
    mtime: time,
    atime: time,
    ctime: time,
    uid: 0,
    gid: 0,
    content: null,
    ...(subtree === undefined ? {} : { subtree }),
  }
}

class FakeTrees implements TreeSource {
  readonly read: string[] = []
  readonly trees: Readonly<Record<string, readonly Node[]>> = {
    root: [node('a', 'file'), node('b', 'dir', 'b'), node('lost', 'dir', 'lost'), node('z', 'symlink')],
    b: [node('c', 'dir', 'c'), node('d', 'file')],
    c: [node('e', 'file')],
    typeless: [node('x', '')],
    treeless: [node('x', 'dir')],
  }

  async tree(id: string): Promise<readonly Node[]> {
    this.read.push(id)
    const nodes = this.trees[id]
    if (nodes === undefined) throw new CoffreError('blob.missing', `no ${id}`)
    return nodes
  }
}

async function paths(source: TreeSource, root: string, options: WalkOptions, skipped: readonly string[] = []): Promise<string[]> {
  const found: string[] = []
  for await (const item of walkTree(source, root, options, signal)) {
    found.push(`${item.tree}:${item.path}`)
    if (skipped.includes(item.path)) item.skip()
  }
  return found
}

test('a walk goes through folders before what follows them, and past what cannot be read', async () => {
  const unreadable: string[] = []
  const onUnreadable = (path: string, tree: string): number => unreadable.push(`${tree}:${path}`)
  const expected = ['root:/a', 'root:/b', 'b:/b/c', 'c:/b/c/e', 'b:/b/d', 'root:/lost', 'root:/z']
  assert.deepEqual(await paths(new FakeTrees(), 'root', { onUnreadable }), expected)
  assert.deepEqual(unreadable, ['lost:/lost'])
})

test('a skipped folder is not read', async () => {
  const source = new FakeTrees()
  assert.deepEqual(await paths(source, 'root', {}, ['/b/c', '/lost']), [
    'root:/a',
    'root:/b',
    'b:/b/c',
    'b:/b/d',
    'root:/lost',
    'root:/z',
  ])
  assert.deepEqual(source.read, ['root', 'b'])
})

test('damage ends a walk that does not ask for it', async () => {
  await assert.rejects(paths(new FakeTrees(), 'root', {}), { code: 'blob.missing' })
  await assert.rejects(paths(new FakeTrees(), 'none', {}), { code: 'blob.missing' })
  await assert.rejects(paths(new FakeTrees(), 'typeless', {}), { code: 'repository.damaged', message: /"x" has no type/ })
  await assert.rejects(paths(new FakeTrees(), 'treeless', {}), {
    code: 'repository.damaged',
    message: /"x" is a folder without a tree/,
  })
})

test('an aborted walk ends', async () => {
  const walk = walkTree(new FakeTrees(), 'root', {}, AbortSignal.abort())
  await assert.rejects(Array.fromAsync(walk), { code: 'interrupted' })
})

test('folders and entries are found by their paths', async () => {
  const source = new FakeTrees()
  for (const [path, tree] of [
    ['', 'root'],
    ['/', 'root'],
    ['b', 'b'],
    ['/b/./c/', 'c'],
    ['/b/x/../c', 'c'],
    ['/../b', 'b'],
  ] as const) {
    assert.equal(await findFolder(source, 'root', path, signal), tree, path)
  }
  for (const path of ['/none', '/a', '/a/b', '/z'])
    await assert.rejects(findFolder(source, 'root', path, signal), { code: 'snapshot.path-missing' })
  assert.equal((await findNode(source, 'root', '/b/d', signal))?.type, 'file')
  assert.equal(await findNode(source, 'root', '/', signal), undefined)
  await assert.rejects(findNode(source, 'root', '/b/none', signal), { code: 'snapshot.path-missing', message: /^\/b\/none / })
})
