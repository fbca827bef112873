import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { vaultPolicies } from './vault-policies.ts'

const lock = { mode: 'governance', days: 30, daysMax: 365 } as const
const example = { name: 'main', location: 's3:s3.amazonaws.com/backups/main', lock }
const page = join(import.meta.dirname, '../../../../docs/object-lock.md')

test('the policies in the documentation are those that a vault is given', async () => {
  const blocks = [...(await readFile(page, 'utf8')).matchAll(/```json\n([\s\S]*?)```/g)].map(([, json = '']) => JSON.parse(json))
  const { writer, keeper } = vaultPolicies(example)
  assert.deepEqual(blocks, [writer, keeper])
})

test('the writer is denied what destroys or breaks, and the keeper what breaks; neither may touch the bucket', () => {
  const { writer, keeper } = vaultPolicies(example)
  const objects = 'arn:aws:s3:::backups/main/*'
  const table = [
    { policy: writer, action: 's3:DeleteObjectVersion', on: objects, is: 'Deny' },
    { policy: writer, action: 's3:BypassGovernanceRetention', on: objects, is: 'Deny' },
    { policy: writer, action: 's3:PutObjectLegalHold', on: objects, is: undefined },
    { policy: writer, action: 's3:DeleteObject', on: objects, is: undefined },
    { policy: writer, action: 's3:DeleteObject', on: 'arn:aws:s3:::backups/main/locks/*', is: 'Allow' },
    { policy: writer, action: 's3:PutObjectRetention', on: objects, is: 'Allow' },
    { policy: keeper, action: 's3:DeleteObjectVersion', on: objects, is: 'Allow' },
    { policy: keeper, action: 's3:PutObjectLegalHold', on: objects, is: 'Allow' },
    { policy: keeper, action: 's3:BypassGovernanceRetention', on: objects, is: 'Deny' },
    ...[writer, keeper].flatMap((policy) =>
      ['s3:PutLifecycleConfiguration', 's3:PutBucketObjectLockConfiguration', 's3:PutBucketPolicy', 's3:PutBucketVersioning'].map(
        (action) => ({ policy, action, on: 'arn:aws:s3:::backups', is: 'Deny' }),
      ),
    ),
  ] as const
  for (const { policy, action, on, is } of table) {
    const own = policy.Statement.filter(
      ({ Action, Resource, Condition }) => Condition === undefined && Action.includes(action) && Resource.includes(on),
    )
    const effect = own.some(({ Effect }) => Effect === 'Deny') ? 'Deny' : own[0]?.Effect
    assert.equal(effect, is, `${action} on ${on}`)
  }
})

test('nobody locks for longer than the vault allows, two quanta included, nor than S3 does', () => {
  const daysOf = (of: typeof lock | { readonly mode: 'compliance'; readonly days: 1; readonly daysMax: 36_500 }) =>
    Object.values(vaultPolicies({ ...example, lock: of })).map(({ Statement }) => Statement.find(({ Condition }) => Condition))
  for (const [of, days] of [
    [lock, '380'],
    [{ mode: 'compliance', days: 1, daysMax: 36_500 }, '36500'],
  ] as const) {
    for (const statement of daysOf(of)) {
      assert.equal(statement?.Effect, 'Deny')
      assert.deepEqual(statement.Action, ['s3:PutObject', 's3:PutObjectRetention'])
      assert.deepEqual(statement.Condition, { NumericGreaterThan: { 's3:object-lock-remaining-retention-days': days } })
    }
  }
  const { writer } = vaultPolicies({ ...example, lock: undefined })
  assert.ok(writer.Statement.every(({ Condition }) => Condition === undefined))
})

test('a vault in a whole bucket, and one on a disk', () => {
  const { writer } = vaultPolicies({ ...example, location: 's3:s3.amazonaws.com/backups' })
  assert.ok(writer.Statement.some(({ Resource }) => Resource.includes('arn:aws:s3:::backups/*')))
  assert.throws(() => vaultPolicies({ ...example, location: '/somewhere' }), { code: 'storage.unsupported' })
})
