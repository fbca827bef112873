import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FileHandle } from '../backend.ts'
import { MemoryBackend } from '../memory/memory-backend.ts'
import { ReadOnlyBackend } from './read-only-backend.ts'

const signal = new AbortController().signal
const config: FileHandle = { type: 'config', name: '' }

test('a dry run reads what is there, counts changes and makes none', async () => {
  const memory = new MemoryBackend()
  await memory.save(config, [Uint8Array.of(1)], {}, signal)
  const dry = new ReadOnlyBackend(memory)
  await dry.create()
  await dry.save(config, [Uint8Array.of(2, 3), Uint8Array.of(4)], {}, signal)
  await dry.save({ type: 'state', name: 'state/1' }, [], {}, signal)
  await dry.flush()
  await dry.remove(config)
  assert.equal(await dry.removeLeftovers(), 0)
  assert.deepEqual(dry.swallowed, { savedFiles: 2, savedBytes: 3, removedFiles: 1 })
  assert.equal(memory.operations.length, 1)
  assert.deepEqual(await dry.load(config, undefined, signal), Uint8Array.of(1))
  assert.deepEqual(await dry.stat(config, signal), { ...config, sizeBytes: 1 })
  assert.deepEqual(await Array.fromAsync(dry.list('config', signal)), [{ ...config, sizeBytes: 1 }])
  await assert.rejects(dry.save({ type: 'pack', name: 'x' }, [], {}, signal), { code: 'usage.invalid' })
})
