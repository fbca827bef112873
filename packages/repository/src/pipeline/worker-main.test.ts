import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'

test('nothing that a worker thread loads waits while it is loaded', () => {
  // Node aborts the whole process when a thread is ended just then. `require` refuses modules that wait before it runs any.
  assert.throws(() => createRequire(import.meta.url)('./worker-main.ts'), /this file runs as a worker thread/)
})
