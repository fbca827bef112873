import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matchSelection } from './match-selection.ts'
import type { Selection, TagOperator } from './selection.ts'

const shop = {
  names: ['src-1', 'shop', 'arn:aws:rds:eu-west-1:123456789012:db:shop'],
  tags: { 'Environment': 'production', 'Tier': '1', 'backup:enabled': 'true' },
}

function selection(rest: Partial<Selection>): Selection {
  return { name: 'one', resources: [], notResources: [], anyTags: [], conditions: [], ...rest }
}

function condition(operator: TagOperator, key: string, value: string): Partial<Selection> {
  return { conditions: [{ operator, key, value }] }
}

test('sources are picked, with the reason', () => {
  const cases: readonly (readonly [Partial<Selection>, boolean, string])[] = [
    [{ resources: ['shop'] }, true, '"shop" matches it'],
    [{ resources: ['blog', 'src-?'] }, true, '"src-?" matches it'],
    [{ resources: ['arn:aws:rds:*'] }, true, '"arn:aws:rds:*" matches it'],
    [{ resources: ['blog', 'wiki'] }, false, 'none of "blog", "wiki" matches it'],
    [{ resources: ['*'], notResources: ['sh*'] }, false, 'it is left out by "sh*"'],
    [{ anyTags: [{ key: 'Tier', value: '1' }], notResources: ['shop'] }, false, 'it is left out by "shop"'],
    [
      {
        anyTags: [
          { key: 'Tier', value: '2' },
          { key: 'Environment', value: 'production' },
        ],
      },
      true,
      'it is tagged Environment=production',
    ],
    [{ anyTags: [{ key: 'Tier', value: '2' }] }, false, 'it has none of the tags Tier=2'],
    [{ resources: ['blog'], anyTags: [{ key: 'Tier', value: '1' }] }, true, 'it is tagged Tier=1'],
    [
      { resources: ['blog'], anyTags: [{ key: 'Tier', value: '2' }] },
      false,
      'none of "blog" matches it, and it has none of the tags Tier=2',
    ],
    [condition('StringEquals', 'Tier', '1'), true, 'every source may match; StringEquals Tier 1: its tag Tier is "1"'],
    [condition('StringEquals', 'Tier', '2'), false, 'StringEquals Tier 2: its tag Tier is "1"'],
    [condition('StringEquals', 'Owner', 'me'), false, 'StringEquals Owner me: it has no tag Owner'],
    [condition('StringNotEquals', 'Tier', '1'), false, 'StringNotEquals Tier 1: its tag Tier is "1"'],
    [condition('StringNotEquals', 'Owner', 'me'), true, 'every source may match; StringNotEquals Owner me: it has no tag Owner'],
    [
      condition('StringLike', 'Environment', 'prod*'),
      true,
      'every source may match; StringLike Environment prod*: its tag Environment is "production"',
    ],
    [condition('StringLike', 'Owner', '*'), false, 'StringLike Owner *: it has no tag Owner'],
    [
      condition('StringNotLike', 'Environment', 'test*'),
      true,
      'every source may match; StringNotLike Environment test*: its tag Environment is "production"',
    ],
    [condition('StringNotLike', 'Environment', 'p*'), false, 'StringNotLike Environment p*: its tag Environment is "production"'],
    [condition('StringNotLike', 'Owner', '*'), true, 'every source may match; StringNotLike Owner *: it has no tag Owner'],
    [{ resources: ['blog'], ...condition('StringEquals', 'Tier', '1') }, false, 'none of "blog" matches it'],
    [{ resources: ['shop'], ...condition('StringEquals', 'Tier', '2') }, false, 'StringEquals Tier 2: its tag Tier is "1"'],
    [
      condition('StringNotEquals', 'constructor', ''),
      true,
      'every source may match; StringNotEquals constructor : it has no tag constructor',
    ],
  ]
  for (const [given, isMatch, reasons] of cases) {
    const match = matchSelection(selection(given), shop)
    assert.equal(match.isMatch, isMatch, JSON.stringify(given))
    assert.equal(match.reasons.map(({ en }) => en).join('; '), reasons)
    assert.ok(match.reasons.every(({ en, fr }) => fr !== '' && fr !== en))
  }
})

test('all conditions must hold, and those that do not are all told', () => {
  const conditions = [
    { operator: 'StringEquals', key: 'Tier', value: '1' },
    { operator: 'StringEquals', key: 'Environment', value: 'lab' },
    { operator: 'StringLike', key: 'Owner', value: '*' },
  ] as const
  const match = matchSelection(selection({ conditions }), shop)
  assert.equal(match.isMatch, false)
  assert.deepEqual(
    match.reasons.map(({ en }) => en),
    ['StringEquals Environment lab: its tag Environment is "production"', 'StringLike Owner *: it has no tag Owner'],
  )
})
