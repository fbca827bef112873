import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Snapshot } from '../format/snapshot.ts'
import { describeGroup, groupSnapshots, parseGroupBy } from './snapshot-group.ts'

const base = { time: '2026-01-02T00:00:00Z', tree: 'ab'.repeat(32) } as const
const snapshots: readonly Snapshot[] = [
  { ...base, paths: ['/b', '/a'], hostname: 'h', tags: ['y', 'x'] },
  { ...base, paths: ['/a', '/b'], hostname: 'h' },
  { ...base, paths: ['/a'], hostname: 'g', tags: ['x', 'y'] },
]

test('groups by host and paths, whatever the order of the paths', () => {
  const groups = groupSnapshots(snapshots, parseGroupBy('host,paths'))
  assert.deepEqual(
    groups.map(({ key }) => key),
    [
      { hostname: 'g', paths: ['/a'], tags: null },
      { hostname: 'h', paths: ['/a', '/b'], tags: null },
    ],
  )
  assert.deepEqual(
    groups[1]?.snapshots.map(({ tags }) => tags),
    [['y', 'x'], undefined],
  )
  assert.equal(groups.map(({ key }) => describeGroup(key)).join('; '), 'host g, path [/a]; host h, path [/a /b]')
})

test('groups by tags, or not at all', () => {
  const byTags = groupSnapshots(snapshots, parseGroupBy('tag'))
  assert.deepEqual(
    byTags.map(({ key, snapshots: members }) => [key.tags, members.length]),
    [
      [['x', 'y'], 2],
      [null, 1],
    ],
  )
  const all = groupSnapshots(snapshots, parseGroupBy(''))
  assert.deepEqual(
    all.map(({ key, snapshots: members }) => [key, members.length]),
    [[{ hostname: '', paths: null, tags: null }, 3]],
  )
  assert.deepEqual(snapshots[0]?.paths, ['/b', '/a'], 'what is given stays as it is')
  assert.throws(() => parseGroupBy('host,user'), { code: 'usage.invalid' })
})
