import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { openLocalFiles } from '@coffre/repository'
import { temporaryFolder } from '@coffre/testkit'
import { expandGlob } from './expand-glob.ts'

test('patterns stand for the paths that fit, in the order of their bytes', async () => {
  await using folder = await temporaryFolder()
  for (const name of ['a', 'b', 'éa', '.hidden']) await mkdir(join(folder.path, name))
  for (const name of ['a/x.txt', 'a/y.log', 'b/x.txt', 'éa/ü.txt', '[odd]']) await writeFile(join(folder.path, name), '')
  const expand = (pattern: string): string[] => expandGlob(pattern, folder.path, openLocalFiles())
  assert.deepEqual(expand('*'), ['.hidden', '[odd]', 'a', 'b', 'éa'])
  assert.deepEqual(expand('*/*.txt'), ['a/x.txt', 'b/x.txt', 'éa/ü.txt'])
  assert.deepEqual(expand('?a/?.txt'), ['éa/ü.txt'])
  assert.deepEqual(expand('[ab]/x.txt'), ['a/x.txt', 'b/x.txt'])
  assert.deepEqual(expand('\\[odd\\]'), ['[odd]'])
  assert.deepEqual(expand(`${folder.path}/b/*`), [`${folder.path}/b/x.txt`])
  assert.deepEqual(expand('a/x.txt'), ['a/x.txt'])
  assert.deepEqual(expand('a/none'), [])
  assert.deepEqual(expand('none/*'), [])
  assert.throws(() => expand('[a'), /malformed/)
})
