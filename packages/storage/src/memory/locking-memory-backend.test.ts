import assert from 'node:assert/strict'
import { test } from 'node:test'
import { backendContract, fakeContext } from '@coffre/testkit'
import type { FileHandle } from '../backend.ts'
import { LockingMemoryBackend } from './locking-memory-backend.ts'

const signal = new AbortController().signal
const config: FileHandle = { type: 'config', name: '' }

backendContract('memory with object lock', async () => {
  const backend = new LockingMemoryBackend(fakeContext())
  return { backend, plant: async (path, bytes) => backend.plant(path, bytes) }
})

test('a retention ends when the clock says so', async () => {
  const context = fakeContext()
  const backend = new LockingMemoryBackend(context)
  const until = new Date(context.clock.nowMs() + 60_000)
  const { versionId = '' } = await backend.save(config, [], { retention: { mode: 'compliance', until } }, signal)
  context.clock.advance(59_999)
  await assert.rejects(backend.objectLock.removeVersion(config, versionId, signal), { code: 'storage.locked' })
  context.clock.advance(1)
  await backend.objectLock.removeVersion(config, versionId, signal)
  assert.deepEqual(await backend.objectLock.versionsOf(config, signal), [])
})
