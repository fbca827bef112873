import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildTargetTree, cleanPath, type TargetTree } from './target-tree.ts'

const folders: Record<string, string[]> = { '.': ['a', 'b'], '/home': ['x', 'y'], '..': ['up'] }
const listNames = (path: string): string[] => folders[path] ?? []

/** Leaves by their place in the snapshot. */
function leaves(tree: TargetTree, prefix = ''): Record<string, string> {
  const found: Record<string, string> = {}
  for (const [name, child] of tree.children) {
    if (child.path !== undefined) found[`${prefix}/${name}`] = child.path
    Object.assign(found, leaves(child, `${prefix}/${name}`))
  }
  return found
}

for (const [targets, expected] of [
  [['/a/b'], { '/a/b': '/a/b' }],
  [['a/b/'], { '/a/b': 'a/b' }],
  [['../a'], { '/a': '../a' }],
  [['.'], { '/a': 'a', '/b': 'b' }],
  [['..'], { '/up': '../up' }],
  [['/x/foo', 'foo'], { '/x/foo': '/x/foo', '/foo': 'foo' }],
  [['foo', '../foo'], { '/foo': 'foo', '/foo-1': '../foo' }],
  [['/home', '/home/x/deep'], { '/home/x/deep': '/home/x/deep', '/home/y': '/home/y' }],
  [['/a', '/a', '/a/'], { '/a': '/a' }],
] as const) {
  test(`targets ${targets.join(' ')} lie where restic lays them`, () => {
    assert.deepEqual(leaves(buildTargetTree(targets, listNames)), expected)
  })
}

test('folders above a target know where their metadata comes from', () => {
  const tree = buildTargetTree(['/a/b/c'], listNames)
  assert.equal(tree.children.get('a')?.metadataPath, '/a')
  assert.equal(tree.children.get('a')?.children.get('b')?.metadataPath, '/a/b')
})

test('paths are cleaned as Go does it', () => {
  for (const [path, cleaned] of [
    ['', '.'],
    ['./a//b/./c/..', 'a/b'],
    ['/..', '/'],
    ['../../x', '../../x'],
    ['a/../..', '..'],
    ['/a/../../b', '/b'],
  ] as const) {
    assert.equal(cleanPath(path), cleaned)
  }
})
