import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import type { Node } from '../format/node.ts'
import { goFileMode } from '../local/go-file-mode.ts'
import { tarEnd, tarHeader, tarPadding } from './tar-header.ts'

const time = '2001-02-03T04:05:06.789Z'
const node: Node = {
  name: 'x',
  type: 'file',
  mode: 0o640,
  mtime: time,
  atime: time,
  ctime: time,
  uid: 7,
  gid: 8,
  user: 'u',
  group: 'g',
  content: [],
}

/** What Python's reader, which knows nothing of ours, makes of an archive with these entries. */
function read(entries: readonly (readonly [path: string, node: Node, content?: Buffer])[]): unknown {
  const script = `
import json, sys, tarfile
archive = tarfile.open(fileobj=sys.stdin.buffer, mode='r|', errors='surrogateescape')
print(json.dumps([[m.name, m.type.decode(), m.mode, m.uid, m.gid, m.uname, m.gname, m.size, m.mtime, m.linkname, m.devmajor, m.devminor,
  {k: v for k, v in m.pax_headers.items() if k.startswith('SCHILY')}] for m in archive]))`
  const parts = entries.flatMap(([path, entry, content = Buffer.alloc(0)]) => [
    tarHeader(path, entry),
    content,
    tarPadding(content.length),
  ])
  return JSON.parse(execFileSync('python3', ['-c', script], { input: Buffer.concat([...parts, tarEnd()]) }).toString())
}

test('every field is read as it was written', () => {
  const content = Buffer.alloc(700, 1)
  assert.deepEqual(
    read([
      ['a/b', { ...node, size: 700 }, content],
      ['next', { ...node, mtime: '2001-02-03T04:05:06Z' }],
    ]),
    [
      ['a/b', '0', 0o640, 7, 8, 'u', 'g', 700, 981173106.789, '', 0, 0, {}],
      ['next', '0', 0o640, 7, 8, 'u', 'g', 0, 981173106, '', 0, 0, {}],
    ],
  )
})

test('folders, links, devices and fifos have types of their own', () => {
  const plain = { ...node, mtime: '1970-01-01T00:00:09Z' }
  const entries: [string, Node][] = [
    ['d', { ...plain, type: 'dir', mode: goFileMode('dir', 0o1777), content: null }],
    ['l', { ...plain, type: 'symlink', mode: goFileMode('symlink', 0o777), linkTarget: 'to', content: null }],
    ['c', { ...plain, type: 'chardev', mode: goFileMode('chardev', 0o600), device: 0x103, content: null }],
    ['b', { ...plain, type: 'dev', mode: goFileMode('dev', 0o600), device: 0x11110370, content: null }],
    ['p', { ...plain, type: 'fifo', mode: goFileMode('fifo', 0o4600), content: null }],
  ]
  assert.deepEqual(read(entries), [
    ['d', '5', 0o1777, 7, 8, 'u', 'g', 0, 9, '', 0, 0, {}],
    ['l', '2', 0o777, 7, 8, 'u', 'g', 0, 9, 'to', 0, 0, {}],
    ['c', '3', 0o600, 7, 8, 'u', 'g', 0, 9, '', 1, 3, {}],
    ['b', '4', 0o600, 7, 8, 'u', 'g', 0, 9, '', 259, 70000, {}],
    ['p', '6', 0o4600, 7, 8, 'u', 'g', 0, 9, '', 0, 0, {}],
  ])
})

test('names of every length and alphabet survive', () => {
  const names = [99, 100, 101, 155, 156, 255, 256, 257, 1000].flatMap((length) => [
    'n'.repeat(length),
    `${'p'.repeat(length >> 1)}/${'n'.repeat(length >> 1)}`,
  ])
  names.push('é', 'new\nline', '\u{1f600}/x', `${'/d'.repeat(120).slice(1)}/${'f'.repeat(90)}`)
  const found = read(names.map((name) => [name, node])) as string[][]
  assert.deepEqual(
    found.map(([name]) => name),
    names,
  )
})

test('numbers beyond the octal digits survive', () => {
  const big = { ...node, uid: 4294967294, gid: 3000000, mtime: '1969-12-31T23:59:58.5Z', size: 2 ** 40 }
  const header = tarHeader('big', big)
  const [record] = read([['big', { ...big, size: 0 }]]) as unknown[][]
  assert.deepEqual(record?.slice(3, 9), [4294967294, 3000000, 'u', 'g', 0, -1.5])
  assert.match(header.toString('latin1'), /\d+ size=1099511627776\n/)
})

test('attributes become records, access control lists as text', () => {
  const acl = Buffer.from('0200000001000600ffffffff02000400e803000004000400ffffffff10000600ffffffff20000000ffffffff', 'hex')
  const extendedAttributes = [
    { name: 'user.text', value: Buffer.from('value\n=') },
    { name: 'user.a=b', value: Buffer.from('') },
    { name: 'system.posix_acl_access', value: acl },
  ]
  const [record] = read([['x', { ...node, extendedAttributes }]]) as unknown[][]
  assert.deepEqual(record?.at(-1), {
    'SCHILY.xattr.user.text': 'value\n=',
    'SCHILY.xattr.user.a%3Db': '',
    'SCHILY.acl.access': 'user::rw-\nuser:1000:r--\ngroup::r--\nmask::rw-\nother::---\n',
  })
})
