import assert from 'node:assert/strict'
import { lstatSync } from 'node:fs'
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { applyChanges } from './apply-changes.ts'
import { digestTree } from './tree-digest.ts'

async function write(folder: string, files: Readonly<Record<string, [content: string, mtimeSeconds: number]>>): Promise<void> {
  for (const [path, [content, mtimeSeconds]] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), content)
    await utimes(join(folder, path), mtimeSeconds, mtimeSeconds)
  }
}

test('the target becomes the source, and only what differs is written', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'coffre-changes-'))
  try {
    const [source, target] = [join(folder, 'source'), join(folder, 'target')]
    await write(source, { 'same': ['a', 1], 'changed': ['bb', 2], 'longer': ['ccc', 1], 'new/deep/file': ['d', 1] })
    await write(target, { 'same': ['a', 1], 'changed': ['xx', 1], 'longer': ['c', 1], 'gone/deep/file': ['e', 1] })
    const before = lstatSync(join(target, 'same'), { bigint: true })
    const inode = lstatSync(join(target, 'changed')).ino
    await applyChanges(source, target)
    assert.equal(digestTree(target).sha256, digestTree(source).sha256)
    assert.deepEqual(lstatSync(join(target, 'same'), { bigint: true }).ctimeNs, before.ctimeNs)
    assert.equal(lstatSync(join(target, 'changed')).ino, inode)
    assert.equal(lstatSync(join(target, 'changed')).mtimeMs, 2000)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
