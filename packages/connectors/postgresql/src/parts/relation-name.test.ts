import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatRelationName, nearNames, parseRelationName, quotedRelationName } from './relation-name.ts'

test('names of tables are read as SQL reads them', () => {
  const cases = [
    ['orders', 'public', 'orders', 'public.orders'],
    [' Sales.Orders ', 'sales', 'orders', 'sales.orders'],
    ['sales."Orders"', 'sales', 'Orders', 'sales."Orders"'],
    ['"a.b"."say ""hi"""', 'a.b', 'say "hi"', '"a.b"."say ""hi"""'],
    ['été.straße', 'été', 'straße', '"été"."straße"'],
  ] as const
  for (const [text, schema, name, shown] of cases) {
    const parsed = parseRelationName(text)
    assert.deepEqual(parsed, { schema, name }, text)
    assert.equal(formatRelationName(parsed), shown)
    assert.deepEqual(parseRelationName(shown), parsed)
  }
  assert.equal(quotedRelationName({ schema: 'a"b', name: 'c' }), '"a""b"."c"')
  for (const text of ['', ' ', '.', 'a.', '.b', 'a.b.c', '"a', 'a"b"', '""', 'a."']) {
    assert.throws(() => parseRelationName(text), { code: 'usage.invalid' }, text)
  }
})

test('near names come first, and few of them', () => {
  const present = [...Array.from({ length: 50 }, (_, n) => `public.t${n}${'x'.repeat(9)}`), 'public.order', 'sales."Orders"']
  assert.deepEqual(nearNames('public.orders', present), ['sales."Orders"', 'public.order'])
  assert.deepEqual(nearNames('nothing', ['a.b', 'c.d']), ['a.b', 'c.d'])
})
