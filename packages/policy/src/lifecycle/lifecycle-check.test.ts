import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseKeepCounts } from './keep-counts.ts'
import type { Lifecycle } from './lifecycle.ts'
import { lifecycleFindings, validateLifecycle } from './lifecycle-check.ts'
import { parseTerm } from './term.ts'

const term = (text: string) => parseTerm(text)

test('lifecycles are judged', () => {
  const cases: readonly (readonly [Lifecycle, readonly string[]])[] = [
    [{}, []],
    [{ deleteAfter: term('1d') }, []],
    [{ moveToColdAfter: term('7d') }, []],
    [{ keep: parseKeepCounts('7d,4w') }, []],
    [{ keep: parseKeepCounts('7d'), moveToColdAfter: term('1d') }, []],
    [{ deleteAfter: term('97d'), moveToColdAfter: term('7d') }, []],
    [{ deleteAfter: term('35d'), moveToColdAfter: term('7d') }, ['warning /deleteAfter']],
    [{ deleteAfter: term('96d'), moveToColdAfter: term('7d') }, ['warning /deleteAfter']],
    [{ deleteAfter: term('7d'), moveToColdAfter: term('7d') }, ['error /deleteAfter']],
    [{ deleteAfter: term('1w'), moveToColdAfter: term('8d') }, ['error /deleteAfter']],
    [{ deleteAfter: term('1m'), moveToColdAfter: term('28d') }, ['error /deleteAfter']],
    [{ deleteAfter: term('1m'), moveToColdAfter: term('27d') }, ['warning /deleteAfter']],
    [{ deleteAfter: term('1y'), moveToColdAfter: term('365d') }, ['error /deleteAfter']],
    [{ deleteAfter: { value: 0, unit: 'days' } }, ['error /deleteAfter']],
    [{ keep: {} }, ['error /keep']],
    [{ keep: { daily: 0, weekly: 99_999 } }, ['error /keep', 'error /keep']],
    [{ keep: { daily: 7 }, deleteAfter: term('7d') }, ['error /keep']],
  ]
  for (const [lifecycle, expected] of cases) {
    const found = lifecycleFindings(lifecycle).map(({ severity, at }) => `${severity} ${at}`)
    assert.deepEqual(found, expected, JSON.stringify(lifecycle))
  }
})

test('an invalid lifecycle is refused with all that is wrong, and one that only warns is not', () => {
  assert.throws(() => validateLifecycle({ keep: { daily: 0, weekly: -1 } }), {
    code: 'policy.retention-invalid',
    message: /0 days is out of range.*-1 weeks is out of range/,
  })
  validateLifecycle({ deleteAfter: term('35d'), moveToColdAfter: term('7d') })
})

test('findings carry the names and the place of the document', () => {
  const fields = { deleteAfter: 'DeleteAfterDays', moveToColdAfter: 'MoveToColdStorageAfterDays', keep: 'Keep' }
  const [finding] = lifecycleFindings({ deleteAfter: term('7d'), moveToColdAfter: term('9d') }, '/Rules/0/Lifecycle', fields)
  assert.equal(finding?.at, '/Rules/0/Lifecycle/DeleteAfterDays')
  assert.match(finding?.message ?? '', /7d is not longer than 9d/)
})
