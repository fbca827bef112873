import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { projectRoot } from '../../tools/project-root.ts'
import { corpusTable } from '../corpora/corpus-table.ts'
import { scaleSectionName } from '../options.ts'
import { scaleTable } from '../scale/scale-table.ts'
import { replaceSection } from './replace-section.ts'

const page = 'above\n<!-- begin a, by npm run bench -->\nold\n<!-- end a -->\nbelow\n'

test('only what is between the markers changes, and again and again', () => {
  const expected = 'above\n<!-- begin a, by npm run bench -->\n\nnew\n\n<!-- end a -->\nbelow\n'
  assert.equal(replaceSection(page, 'a', 'new\n'), expected)
  assert.equal(replaceSection(expected, 'a', 'new'), expected)
})

test('a page without the markers, or with two of them, is refused', () => {
  assert.throws(() => replaceSection('above', 'a', 'new'), /begin a/)
  assert.throws(() => replaceSection(page, 'b', 'new'), /begin b/)
  assert.throws(() => replaceSection(page + page, 'a', 'new'), /once each/)
})

test('docs/benchmarks.md has the markers of every section', async () => {
  const real = await readFile(join(projectRoot, 'docs/benchmarks.md'), 'utf8')
  for (const name of [...corpusTable.map((corpus) => corpus.name), ...scaleTable.map(scaleSectionName)])
    assert.notEqual(replaceSection(real, name, `results of ${name}`), real)
})
