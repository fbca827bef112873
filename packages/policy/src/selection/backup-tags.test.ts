import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseBackupTags, validateBackupTags } from './backup-tags.ts'
import { type Environment, environmentOf } from './environment.ts'
import { regionLabel } from './region-label.ts'

test('tags are read and obeyed', () => {
  const { tags, findings } = parseBackupTags({
    'backup:enabled': 'true',
    'backup:tier': 'prod',
    'backup:retention_days': '35',
    'backup:copy_to_region': 'ca-central-1, CA_CENTRAL_2',
    'backup:copy_to_account': '123456789012',
    'data:classification': 'restricted',
    'application': 'shop',
    'Owner': 'somebody',
  })
  assert.deepEqual(findings, [])
  assert.deepEqual(tags, {
    enabled: true,
    tier: 'production',
    retentionDays: 35,
    copyToRegions: ['ca-central-1', 'ca-central-2'],
    copyToAccount: '123456789012',
    classification: 'restricted',
    application: 'shop',
  })
  assert.deepEqual(parseBackupTags({ Owner: 'x' }), { tags: { enabled: false, copyToRegions: [] }, findings: [] })
  assert.equal(parseBackupTags({ 'backup:enabled': 'false' }).tags.enabled, false)
})

test('every wrong value is reported with its tag, value and what is allowed, and has no effect', () => {
  const wrong: readonly (readonly [tag: string, value: string, allowed: string])[] = [
    ['backup:enabled', 'yes', 'true, false'],
    ['backup:enabled', 'constructor', 'true, false'],
    ['backup:tier', 'gold', 'lab, dev, staging, prod, critical'],
    ['backup:retention_days', '35 days', '35 or 90'],
    ['backup:retention_days', '0', 'from 1 to 36500'],
    ['backup:retention_days', '36501', 'from 1 to 36500'],
    ['backup:copy_to_region', 'ca-central-1,', 'one or more regions'],
    ['backup:copy_to_region', '', 'one or more regions'],
    ['backup:copy_to_account', '12345', '12 digits'],
    ['data:classification', 'secret', 'public, internal, confidential, restricted'],
    ['application', '', 'not empty'],
  ]
  for (const [tag, value, allowed] of wrong) {
    const { tags, findings } = parseBackupTags({ [tag]: value })
    assert.deepEqual(tags, { enabled: false, copyToRegions: [] }, tag)
    assert.equal(findings.length, 1)
    const [finding] = findings
    assert.equal(finding?.severity, 'error')
    assert.equal(finding?.at, `/${tag}`)
    assert.ok(finding?.message.includes(`${tag} is "${value}"`) && finding.message.includes(allowed), finding?.message)
    assert.throws(() => validateBackupTags({ [tag]: value }), { code: 'policy.selection-invalid' })
  }
  const all = Object.fromEntries(wrong.map(([tag, value]) => [tag, value]))
  assert.equal(parseBackupTags(all).findings.length, 7, 'all at once')
})

test('a misspelled backup tag is told', () => {
  const { findings } = parseBackupTags({ 'backup:retention-days': '35', 'Backup:Enabled': 'true' })
  assert.deepEqual(
    findings.map(({ severity, at }) => `${severity} ${at}`),
    ['warning /backup:retention-days', 'warning /Backup:Enabled'],
  )
  assert.deepEqual(validateBackupTags({ 'backup:retention-days': '35' }).enabled, false)
})

test('environments go by many names, regions by two', () => {
  const names: readonly (readonly [string, Environment | undefined])[] = [
    ['prod', 'production'],
    ['Prod', 'production'],
    ['production', 'production'],
    ['production_standard', 'production'],
    ['Standard production', 'production'],
    ['production_critical', 'critical'],
    ['critical', 'critical'],
    ['Staging / QA', 'staging'],
    ['test', 'staging'],
    ['dev', 'development'],
    ['Development', 'development'],
    ['lab', 'lab'],
    ['gold', undefined],
    ['', undefined],
    ['constructor', undefined],
  ]
  for (const [name, environment] of names) assert.equal(environmentOf(name), environment, name)
  assert.equal(regionLabel('US_WEST_2'), regionLabel('us-west-2'))
})
