import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FileType } from './backend.ts'
import { fileAt, fileTypes, isLeftoverName, leftoverPath, pathOf } from './layout.ts'

const name = 'ab'.repeat(32)

test('files are where restic looks for them, and found again there', () => {
  const paths = {
    config: 'config',
    key: `keys/${name}`,
    lock: `locks/${name}`,
    snapshot: `snapshots/${name}`,
    index: `index/${name}`,
    pack: `data/ab/${name}`,
    state: 'coffre/state/00000001',
    journal: 'coffre/journal/shop/1-a',
  } as const
  for (const type of fileTypes) {
    const names: Partial<Record<FileType, string>> = { config: '', state: 'state/00000001', journal: 'shop/1-a' }
    const file = { type, name: names[type] ?? name }
    assert.equal(pathOf(file), paths[type])
    assert.deepEqual(fileAt(type, paths[type]), file)
    for (const other of fileTypes) if (other !== type) assert.equal(fileAt(other, paths[type]), undefined)
  }
})

test('leftovers of Coffre and of restic are known, and are no files', () => {
  assert.equal(fileAt('index', leftoverPath(`index/${name}`, '00ff')), undefined)
  assert.ok(isLeftoverName(leftoverPath(name, '00ff')))
  assert.ok(isLeftoverName(`${name}-tmp-1234567890`))
  assert.ok(!isLeftoverName(name))
  assert.ok(!isLeftoverName('-tmp-1'))
  assert.ok(!isLeftoverName('notes-tmp-old.txt'))
})
