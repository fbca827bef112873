import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { inputParser } from './input-parser.ts'
import { defineOperation } from './operation.ts'
import { applyPlan } from './operations/plan-operations.ts'
import { createSource } from './operations/source-operations.ts'

const operation = defineOperation({
  ...createSource,
  query: z.object({ limit: z.coerce.number().int().max(10).default(5), dry: z.stringbool().optional() }),
  body: z.object({ name: z.string(), size: z.int().optional(), parts: z.array(z.object({ 'a/b': z.boolean() })).default([]) }),
})
const parse = inputParser(operation)

test('texts of the query become what the schema says, and defaults are filled in', () => {
  assert.deepEqual(parse({ params: {}, query: { limit: '7', dry: 'false' }, body: { name: 'é' } }), {
    input: { params: {}, query: { limit: 7, dry: false }, body: { name: 'é', parts: [] } },
  })
})

test('everything that is wrong is told, by JSON pointers', () => {
  const cases: readonly [Readonly<Record<string, string>>, unknown, readonly string[]][] = [
    [{ limit: 'x', more: '1' }, { name: 'a' }, ['/query/limit', '/query/more']],
    [{ dry: 'perhaps' }, {}, ['/query/dry', '/body/name']],
    [{}, { 'name': 'a', 'x~y': 1, 'z': 2 }, ['/body/x~0y', '/body/z']],
    [{}, { name: 'a', parts: [{ 'a/b': true }, { 'a/b': 1 }] }, ['/body/parts/1/a~1b']],
    [{}, { name: 'a\0' }, ['/body/name']],
    [{}, { name: 'a', parts: [{ '\udc00': 1 }] }, ['/body/parts/0']],
    [{}, undefined, ['/body']],
  ]
  for (const [query, body, expected] of cases) {
    const parsed = parse({ params: {}, query, body })
    assert.ok('issues' in parsed, JSON.stringify(parsed))
    assert.deepEqual(
      parsed.issues.map(({ at }) => at),
      expected,
    )
  }
})

test('what has a form of its own is told in words, not by an expression, wherever it stands', () => {
  const words = 'must be a letter or digit, then up to 61 letters, digits, dots, dashes or underscores'
  const parsed = inputParser(applyPlan)({ params: {}, query: {}, body: { document: {}, name: 'ö', targetVault: '-' } })
  assert.deepEqual(parsed, { issues: ['name', 'targetVault'].map((name) => ({ at: `/body/${name}`, message: words })) })
})

test('however much is wrong, the answer stays short, and has nothing of what was sent', () => {
  const body = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`k${i}`, 1]))
  const parsed = parse({ params: {}, query: {}, body })
  assert.ok('issues' in parsed)
  assert.equal(parsed.issues.length, 50)
  const secret = parse({ params: {}, query: {}, body: { name: 7, size: 'hunter2' } })
  assert.ok(!JSON.stringify(secret).includes('hunter2'))
})
