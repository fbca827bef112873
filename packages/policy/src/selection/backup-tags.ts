import { pointerStep } from '../document/json-pointer.ts'
import { type PolicyFinding, refuseErrors } from '../document/policy-finding.ts'
import { type Environment, environmentOf } from './environment.ts'
import { regionLabel } from './region-label.ts'

export const classifications = ['public', 'internal', 'confidential', 'restricted'] as const
export type Classification = (typeof classifications)[number]

/** What the tags of a source ask for. What is absent was not asked for, or not in a way that can be understood. */
export interface BackupTags {
  readonly enabled: boolean
  /** Chooses plan and vault. */
  readonly tier?: Environment
  readonly retentionDays?: number
  readonly copyToRegions: readonly string[]
  readonly copyToAccount?: string
  readonly classification?: Classification
  readonly application?: string
}

export interface BackupTagFindings {
  readonly tags: BackupTags
  /** One for each value that cannot be obeyed, at the JSON pointer of its tag. */
  readonly findings: readonly PolicyFinding[]
}

interface TagRule<Value> {
  readonly tag: string
  readonly allowed: string
  readonly parse: (value: string) => Value | undefined
}

const enabledRule: TagRule<boolean> = {
  tag: 'backup:enabled',
  allowed: 'true, false',
  parse: parseEnabled,
}
const tierRule: TagRule<Environment> = { tag: 'backup:tier', allowed: 'lab, dev, staging, prod, critical', parse: environmentOf }
const retentionRule: TagRule<number> = {
  tag: 'backup:retention_days',
  allowed: 'a whole number of days from 1 to 36500, such as 35 or 90',
  parse: (value) => (/^[1-9]\d{0,4}$/.test(value) && Number(value) <= 36_500 ? Number(value) : undefined),
}
const regionsRule: TagRule<readonly string[]> = {
  tag: 'backup:copy_to_region',
  allowed: 'one or more regions with commas between them, such as ca-central-1,ca-central-2',
  parse: parseRegions,
}
const accountRule: TagRule<string> = {
  tag: 'backup:copy_to_account',
  allowed: 'an account of 12 digits, such as 123456789012',
  parse: (value) => (/^\d{12}$/.test(value) ? value : undefined),
}
const classificationRule: TagRule<Classification> = {
  tag: 'data:classification',
  allowed: classifications.join(', '),
  parse: (value) => classifications.find((known) => known === value.toLowerCase()),
}
const applicationRule: TagRule<string> = {
  tag: 'application',
  allowed: 'a name that is not empty',
  parse: (value) => (value === '' ? undefined : value),
}

const knownTags = [enabledRule, tierRule, retentionRule, regionsRule, accountRule].map(({ tag }) => tag)

/** Reads the tags that automate backup. A value that is not allowed has no effect and is reported; so is an unknown `backup:` tag. */
export function parseBackupTags(tags: Readonly<Record<string, string>>): BackupTagFindings {
  const findings: PolicyFinding[] = []
  const read = <Value>({ tag, allowed, parse }: TagRule<Value>): Value | undefined => {
    if (!Object.hasOwn(tags, tag)) return undefined
    const given = tags[tag] ?? ''
    const value = parse(given.trim())
    if (value === undefined) {
      const message = `the tag ${tag} is "${given}"; allowed: ${allowed}`
      findings.push({ severity: 'error', at: pointerStep(tag), message })
    }
    return value
  }
  const tier = read(tierRule)
  const retentionDays = read(retentionRule)
  const copyToAccount = read(accountRule)
  const classification = read(classificationRule)
  const application = read(applicationRule)
  const parsed: BackupTags = {
    enabled: read(enabledRule) ?? false,
    copyToRegions: read(regionsRule) ?? [],
    ...(tier === undefined ? {} : { tier }),
    ...(retentionDays === undefined ? {} : { retentionDays }),
    ...(copyToAccount === undefined ? {} : { copyToAccount }),
    ...(classification === undefined ? {} : { classification }),
    ...(application === undefined ? {} : { application }),
  }
  for (const tag of Object.keys(tags)) {
    if (tag.toLowerCase().startsWith('backup:') && !knownTags.includes(tag)) {
      const message = `the tag ${tag} is not known; allowed: ${knownTags.join(', ')}`
      findings.push({ severity: 'warning', at: pointerStep(tag), message })
    }
  }
  return { tags: parsed, findings }
}

/** Throws `policy.selection-invalid` unless every tag can be obeyed: for tags that are being set by hand. */
export function validateBackupTags(tags: Readonly<Record<string, string>>): BackupTags {
  const parsed = parseBackupTags(tags)
  refuseErrors('policy.selection-invalid', 'the tags cannot be obeyed', parsed.findings)
  return parsed.tags
}

function parseEnabled(value: string): boolean | undefined {
  const plain = value.toLowerCase()
  return plain === 'true' ? true : plain === 'false' ? false : undefined
}

function parseRegions(value: string): readonly string[] | undefined {
  const regions = value.split(',').map(regionLabel)
  return regions.every((region) => /^[a-z0-9]+(-[a-z0-9]+)*$/.test(region)) ? [...new Set(regions)] : undefined
}
