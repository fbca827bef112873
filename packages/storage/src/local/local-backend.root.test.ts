import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemContext } from '@coffre/foundation'
import { temporaryFolder } from '@coffre/testkit'
import type { FileHandle } from '../backend.ts'
import { LocalBackend } from './local-backend.ts'

const signal = new AbortController().signal
const config: FileHandle = { type: 'config', name: '' }
const state = (name: string): FileHandle => ({ type: 'state', name })
const nobody = 65_534

/** Needs root: a small file system of its own. */
async function mounted(body: (path: string) => Promise<void>): Promise<void> {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'disk')
  await mkdir(path)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'none', path])
  try {
    await body(path)
  } finally {
    execFileSync('umount', [path])
  }
}

test('a full disk is told, leaves no part of a file, and takes files again when there is room', () =>
  mounted(async (path) => {
    const backend = new LocalBackend(path, systemContext)
    await backend.create(signal)
    await backend.save(state('a'), [new Uint8Array(1 << 20)], {}, signal)
    await assert.rejects(backend.save(state('b'), [new Uint8Array(1 << 19), new Uint8Array(1 << 20)], {}, signal), {
      code: 'storage.no-space',
    })
    assert.deepEqual(await readdir(join(path, 'coffre')), ['a', 'journal'])
    await backend.remove(state('a'), signal)
    await backend.save(state('b'), [new Uint8Array(1 << 19), new Uint8Array(1 << 20)], {}, signal)
  }))

test('a read-only disk is told, and can be read', () =>
  mounted(async (path) => {
    const backend = new LocalBackend(path, systemContext)
    await backend.save(config, [Uint8Array.of(1)], {}, signal)
    execFileSync('mount', ['-o', 'remount,ro', path])
    const changes = [
      backend.save(config, [], {}, signal),
      backend.save(state('a/b'), [], {}, signal),
      backend.remove(config, signal),
      backend.create(signal),
    ]
    await assertDenied(changes)
    assert.deepEqual(await backend.load(config, undefined, signal), Uint8Array.of(1))
  }))

test('without permission every method says so', async () => {
  await using folder = await temporaryFolder()
  const backend = new LocalBackend(folder.path, systemContext)
  await backend.create(signal)
  await backend.save(config, [Uint8Array.of(1)], {}, signal)
  process.seteuid?.(nobody)
  try {
    const calls = [
      backend.create(signal),
      backend.save(config, [], {}, signal),
      backend.load(config, undefined, signal),
      backend.stat(config, signal),
      Array.fromAsync(backend.list('pack', signal)),
      backend.remove(config, signal),
      backend.removeLeftovers(0, signal),
    ]
    await assertDenied(calls)
  } finally {
    process.seteuid?.(0)
  }
})

async function assertDenied(calls: readonly Promise<unknown>[]): Promise<void> {
  for (const call of await Promise.allSettled(calls))
    assert.equal(call.status === 'rejected' && call.reason.code, 'storage.permission')
}
