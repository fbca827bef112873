import assert from 'node:assert/strict'
import { test } from 'node:test'
import { closingLines, isClosingLine, verdictOf } from './test-verdict.ts'

const counts = { tests: 2, suites: 0, passed: 2, failed: 0, cancelled: 0, skipped: 0, todo: 0 }

test('a run in which all passed, passes', () => {
  assert.deepEqual(verdictOf({ counts, success: true }, []), { passed: true, complaints: [] })
})

test('nothing that ran, failed, skipped, cancelled or left to do is a pass', () => {
  for (const change of [{ passed: 0 }, { failed: 1 }, { skipped: 1 }, { cancelled: 1 }, { todo: 1 }]) {
    assert.equal(verdictOf({ counts: { ...counts, ...change }, success: true }, []).passed, false, JSON.stringify(change))
  }
  assert.equal(verdictOf({ counts, success: false }, []).passed, false)
  assert.equal(verdictOf(undefined, []).passed, false)
  assert.match(verdictOf({ counts, success: true }, ['x.test.ts: y']).complaints[0] ?? '', /x\.test\.ts: y/)
})

test('the closing lines are those of TAP', () => {
  assert.deepEqual(closingLines(counts, 1.5).slice(0, 4), ['# tests 2', '# suites 0', '# pass 2', '# fail 0'])
  assert.equal(closingLines(counts, 1.5).at(-1), '# duration_ms 1.5')
  assert.equal(isClosingLine('pass 2', 0), true)
  assert.equal(isClosingLine('pass 2', 1), false)
  assert.equal(isClosingLine('seed 2', 0), false)
})
