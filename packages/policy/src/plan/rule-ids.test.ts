import assert from 'node:assert/strict'
import { test } from 'node:test'
import { carryRuleIds } from './rule-ids.ts'

test('a rule keeps its id while its name stays, wherever it stands', () => {
  let made = 0
  const newId = () => `new-${++made}`
  const previous = [
    { name: 'daily', id: 'd' },
    { name: 'weekly', id: 'w' },
  ]
  assert.deepEqual(carryRuleIds(previous, [{ name: 'monthly' }, { name: 'weekly' }, { name: 'Daily' }], newId), [
    { name: 'monthly', id: 'new-1' },
    { name: 'weekly', id: 'w' },
    { name: 'Daily', id: 'new-2' },
  ])
  assert.deepEqual(carryRuleIds([], [], newId), [])
})
