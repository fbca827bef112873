import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { digestTree } from './tree-digest.ts'

test('equal trees have equal digests; a name, a byte, a link or a folder more or less changes them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'coffre-digest-'))
  try {
    await mkdir(join(folder, 'sub'))
    await writeFile(join(folder, 'sub', 'a'), 'content')
    const first = digestTree(folder)
    assert.deepEqual({ ...first, sha256: '' }, { files: 1, folders: 1, bytes: 7, sha256: '' })
    await utimes(join(folder, 'sub', 'a'), 1, 1)
    assert.deepEqual(digestTree(folder), first)
    const digests = new Set([first.sha256])
    const changes = [
      () => writeFile(join(folder, 'sub', 'a'), 'Content'),
      () => rename(join(folder, 'sub', 'a'), join(folder, 'sub', 'b')),
      () => mkdir(join(folder, 'empty')),
      () => symlink('x', join(folder, 'link')),
      async () => {
        await rm(join(folder, 'link'))
        await symlink('y', join(folder, 'link'))
      },
    ]
    for (const change of changes) {
      await change()
      digests.add(digestTree(folder).sha256)
    }
    assert.equal(digests.size, changes.length + 1)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
