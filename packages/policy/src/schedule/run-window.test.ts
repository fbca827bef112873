import assert from 'node:assert/strict'
import { test } from 'node:test'
import { minuteMs } from '@coffre/foundation'
import { runWindow } from './run-window.ts'

test('both windows count from the time that the run was due', () => {
  const dueMs = Date.parse('2026-11-21T02:00Z')
  const end = (minutes: number) => dueMs + minutes * minuteMs
  assert.deepEqual(runWindow({ startWindowMinutes: 60, completionWindowMinutes: 120 }, dueMs), {
    startByMs: end(60),
    completeByMs: end(120),
  })
  assert.deepEqual(runWindow({ startWindowMinutes: 480 }, dueMs), { startByMs: end(480), completeByMs: undefined })
  assert.deepEqual(runWindow({ completionWindowMinutes: 90 }, dueMs), { startByMs: undefined, completeByMs: end(90) })
})
