import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseSelectionDocument } from './parse-selection.ts'

test('the shape of AWS is read, wrapped or not', () => {
  const document = {
    SelectionName: 'production-resource-selection',
    IamRoleArn: 'arn:aws:iam::123456789012:role/backup',
    Resources: ['arn:aws:rds:*:*:db:*', 'arn:aws:s3:::uploads'],
    NotResources: ['arn:aws:rds:*:*:db:test-*'],
    ListOfTags: [{ ConditionType: 'STRINGEQUALS', ConditionKey: 'backup:enabled', ConditionValue: 'true' }],
    Conditions: {
      StringEquals: [{ ConditionKey: 'aws:ResourceTag/stage', ConditionValue: 'prod' }],
      StringNotLike: { ConditionKey: 'aws:ResourceTag/owner', ConditionValue: 'test*' },
      StringLike: [],
    },
  }
  const expected = {
    name: 'production-resource-selection',
    roleArn: 'arn:aws:iam::123456789012:role/backup',
    resources: ['arn:aws:rds:*:*:db:*', 'arn:aws:s3:::uploads'],
    notResources: ['arn:aws:rds:*:*:db:test-*'],
    anyTags: [{ key: 'backup:enabled', value: 'true' }],
    conditions: [
      { operator: 'StringEquals', key: 'stage', value: 'prod' },
      { operator: 'StringNotLike', key: 'owner', value: 'test*' },
    ],
  }
  assert.deepEqual(parseSelectionDocument(document), { selection: expected, findings: [], document })
  const wrapped = { BackupPlanId: 'a plan', BackupSelection: document }
  assert.deepEqual(parseSelectionDocument(wrapped), { selection: expected, findings: [], document: wrapped })
})

test('the own shape is read', () => {
  const document = {
    name: 'shop',
    sources: ['shop', 'blog-*'],
    notSources: ['blog-test'],
    anyTags: { Tier: '1' },
    conditions: [{ key: 'Environment', operator: 'StringNotEquals', value: '' }],
  }
  assert.deepEqual(parseSelectionDocument(document).selection, {
    name: 'shop',
    resources: ['shop', 'blog-*'],
    notResources: ['blog-test'],
    anyTags: [{ key: 'Tier', value: '1' }],
    conditions: [{ key: 'Environment', operator: 'StringNotEquals', value: '' }],
  })
})

test('what is wrong is refused, each with its place', () => {
  const cases: readonly (readonly [unknown, readonly string[]])[] = [
    [[], ['']],
    ['shop', ['']],
    [{ name: 'x' }, ['']],
    [{ name: 'x', sources: [], notSources: ['y'], anyTags: {}, conditions: [] }, ['']],
    [{ sources: ['a'] }, ['/name']],
    [{ name: 'two words', sources: ['a'] }, ['/name']],
    [{ name: 'x', sources: 'a' }, ['/sources']],
    [{ name: 'x', sources: ['a', 7, ''] }, ['/sources/1', '/sources']],
    [{ name: 'x', anyTags: { a: 1 } }, ['/anyTags/a']],
    [{ name: 'x', conditions: [{ key: 'a', operator: 'Equals', value: 'b' }] }, ['/conditions/0/operator']],
    [{ name: 'x', conditions: [{ operator: 'StringLike' }] }, ['/conditions/0/key', '/conditions/0/value']],
    [
      {
        SelectionName: 'x',
        Resources: ['a'],
        ListOfTags: [{ ConditionType: 'STRINGLIKE', ConditionKey: 'a', ConditionValue: 'b' }],
      },
      ['/ListOfTags/0/ConditionType'],
    ],
    [{ SelectionName: 'x', Conditions: { StringEquals: [{ ConditionKey: 'a' }] } }, ['/Conditions/StringEquals/0/ConditionValue']],
    [{ BackupSelection: { SelectionName: 'x' } }, ['/BackupSelection']],
  ]
  for (const [document, expected] of cases) {
    assert.throws(
      () => parseSelectionDocument(document),
      (error: Error & { code?: string; findings?: readonly { at: string; severity: string }[] }) => {
        assert.equal(error.code, 'policy.selection-invalid')
        assert.deepEqual(
          error.findings?.filter(({ severity }) => severity === 'error').map(({ at }) => at),
          expected,
          error.message,
        )
        return true
      },
      JSON.stringify(document),
    )
  }
})

test('unknown fields are told', () => {
  const { findings } = parseSelectionDocument({
    SelectionName: 'x',
    Resources: ['*'],
    Conditions: { StringIs: [] },
    Ressources: [],
  })
  assert.deepEqual(
    findings.map(({ severity, at }) => `${severity} ${at}`),
    ['warning /Conditions/StringIs', 'warning /Ressources'],
  )
})
