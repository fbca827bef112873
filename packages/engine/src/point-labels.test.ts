import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRandom, testSeed } from '@coffre/testkit'
import { labelsOf, tagsOf } from './point-labels.ts'

const examples: readonly (readonly [value: string, tag: string])[] = [
  ['docs', 'coffre:source=docs'],
  ['', 'coffre:source='],
  ['a=b', 'coffre:source=a=b'],
  ['a,b', 'coffre:source=a%2Cb'],
  ['50%', 'coffre:source=50%25'],
  ['%2C', 'coffre:source=%252C'],
  [' in between ', 'coffre:source=%20in between%20'],
  ['line\nbreak\t', 'coffre:source=line%0Abreak%09'],
  ['\u00a0edge\u3000', 'coffre:source=%C2%A0edge%E3%80%80'],
  ['Zürich 日本 🙂', 'coffre:source=Zürich 日本 🙂'],
]

for (const [value, tag] of examples) {
  test(`the tag of ${JSON.stringify(value)} is ${tag}, and the other way round`, () => {
    assert.deepEqual(tagsOf({ source: value }), [tag])
    assert.deepEqual(labelsOf([tag]), { source: value })
  })
}

test('labels are found among the tags of others', () => {
  const labels = { source: 's', engine: 'files', plan: 'p', rule: 'r', job: 'j', position: '1@00f', state: 'partial' }
  assert.deepEqual(labelsOf(['nightly', 'source=x', ...tagsOf(labels), 'coffre:job=other', 'coffre:unknown=1']), labels)
  assert.deepEqual(labelsOf(undefined), {})
  assert.deepEqual(labelsOf(['coffre:plan=100%']), { plan: '100%' })
})

test('any value comes back, in a tag that restic can filter by', () => {
  const random = new SeededRandom(testSeed('labels'))
  for (let round = 0; round < 2000; round++) {
    const length = random.integer(12)
    const value = Array.from({ length }, () => ',%= \n\tab\u00e9\u{1f642}2C'.at(random.integer(13)) ?? '').join('')
    if (!value.isWellFormed()) continue
    const [tag = ''] = tagsOf({ job: value })
    assert.ok(!tag.includes(','))
    assert.equal(tag, tag.trim())
    assert.deepEqual(labelsOf([tag]), { job: value })
  }
})
