import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { parsePlanDocument, presets } from './index.ts'

const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')

test('the plan of the README loads without a warning', () => {
  const documents = [...readme.matchAll(/```json\n([\s\S]*?)```/g)].map(([, text]) => parsePlanDocument(text))
  assert.equal(documents.length, 1)
  assert.deepEqual(documents[0]?.findings, [])
  assert.equal(documents[0]?.plan.rules.length, 2)
})

test('the README names every preset', () => {
  for (const { name } of presets) assert.ok(readme.includes(`\`${name}\``), name)
})
