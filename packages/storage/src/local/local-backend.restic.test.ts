import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemContext } from '@coffre/foundation'
import { findTool, temporaryFolder } from '@coffre/testkit'
import type { FileType } from '../backend.ts'
import { leftoverPath, pathOf } from '../layout.ts'
import { LocalBackend } from './local-backend.ts'

const signal = new AbortController().signal

test('restic and a local vault find each other’s files, and restic passes over leftovers and coffre/', async () => {
  await using folder = await temporaryFolder()
  const vault = join(folder.path, 'vault')
  const restic = (...args: readonly string[]): string =>
    execFileSync(findTool('restic', 'COFFRE_RESTIC'), ['--repo', vault, '--no-cache', ...args], {
      env: { RESTIC_PASSWORD: 'test', HOME: folder.path },
      encoding: 'utf8',
    })
  const backend = new LocalBackend(vault, systemContext)
  await backend.create(signal)
  restic('init')
  await writeFile(join(folder.path, 'file'), 'content')
  restic('backup', join(folder.path, 'file'))
  for (const type of ['config', 'key', 'snapshot', 'index', 'pack'] as const satisfies readonly FileType[]) {
    const found = await Array.fromAsync(backend.list(type, signal))
    assert.ok(found.length > 0, type)
    for (const file of found) {
      const bytes = await backend.load(file, undefined, signal)
      assert.equal(bytes.byteLength, file.sizeBytes)
      await backend.remove(file, signal)
      await backend.save(file, [bytes], {}, signal)
      await writeFile(join(vault, leftoverPath(pathOf(file), '00ff')), bytes.subarray(1))
    }
  }
  await backend.save({ type: 'state', name: 'state/00000001' }, [Uint8Array.of(1)], {}, signal)
  await backend.flush(signal)
  assert.match(restic('check', '--read-data'), /no errors were found/)
  assert.equal(restic('dump', 'latest', join(folder.path, 'file')), 'content')
})
