import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cellsWide, formatTable } from './table.ts'

test('columns are as wide as their widest line, and cells may have several', () => {
  const lines = formatTable(
    [
      { title: 'ID', cells: ['1', '22'] },
      { title: 'Paths', cells: ['/a\n/longer', '/b'] },
    ],
    { footer: '2 rows', spaced: true },
  )
  assert.deepEqual(lines, ['ID  Paths', '-----------', '1   /a', '    /longer', '', '22  /b', '-----------', '2 rows'])
})

test('an empty table has its head and its rules', () => {
  assert.deepEqual(formatTable([{ title: 'ID', cells: [] }]), ['ID', '--', '--'])
})

test('East Asian characters take two cells, combining ones none', () => {
  assert.equal(cellsWide('abc'), 3)
  assert.equal(cellsWide('文件'), 4)
  assert.equal(cellsWide('e\u0301'), 1)
})
