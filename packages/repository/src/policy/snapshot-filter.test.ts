import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Snapshot } from '../format/snapshot.ts'
import { parseTimestamp } from '../local/timestamp.ts'
import { hasTags, isEmptyFilter, latestSnapshot, matchesFilter, parseTagList, type SnapshotFilter } from './snapshot-filter.ts'

const tree = 'ab'.repeat(32)
const snapshot: Snapshot = { time: '2026-01-02T00:00:00Z', tree, paths: ['/a', '/b'], hostname: 'h', tags: ['x', 'y'] }
const bare: Snapshot = { time: '2026-01-03T00:00:00Z', tree, paths: ['/a'] }

test('a filter asks for any host, any tag list, all paths', () => {
  const table: readonly (readonly [SnapshotFilter, boolean, boolean])[] = [
    [{}, true, true],
    [{ hosts: ['h', 'i'] }, true, false],
    [{ hosts: ['i'] }, false, false],
    [{ hosts: [''] }, false, true],
    [{ paths: ['/a'] }, true, true],
    [{ paths: ['/b', '/a'] }, true, false],
    [{ paths: ['/c'] }, false, false],
    [{ tags: [['x', 'y']] }, true, false],
    [{ tags: [['x', 'z'], ['y']] }, true, false],
    [{ tags: [['x', 'z']] }, false, false],
    [{ tags: [['']] }, false, true],
    [{ tags: [['', 'x']] }, false, true],
    [{ tags: [['x', '']] }, false, false],
    [{ tags: [[]] }, true, true],
    [{ hosts: ['h'], tags: [['x']], paths: ['/c'] }, false, false],
  ]
  for (const [filter, full, empty] of table) {
    assert.equal(matchesFilter(snapshot, filter), full, JSON.stringify(filter))
    assert.equal(matchesFilter(bare, filter), empty, JSON.stringify(filter))
  }
  assert.ok(isEmptyFilter({ tags: [] }) && !isEmptyFilter({ tags: [['']] }))
  assert.ok(hasTags({ tags: ['a b'] }, parseTagList(' a b ')))
  assert.deepEqual(parseTagList('a, b ,'), ['a', 'b', ''])
})

test('the latest is the last of the equally late ones, and none later than the limit', () => {
  const again = { ...bare, time: '2026-01-03T01:00:00+01:00', hostname: 'again' }
  assert.equal(latestSnapshot([bare, again, snapshot], {}), again)
  assert.equal(latestSnapshot([bare, again, snapshot], { hosts: ['h'] }), snapshot)
  assert.equal(latestSnapshot([bare, again, snapshot], {}, parseTimestamp('2026-01-02T00:00:00Z')), snapshot)
  assert.equal(latestSnapshot([bare], {}, parseTimestamp('2026-01-02T00:00:00Z')), undefined)
})
