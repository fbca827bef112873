import type { DocumentReader } from '../document/document-reader.ts'
import { compareTerms } from '../lifecycle/add-term.ts'
import { formatTerm, type Term, termUnits, termValueMax } from '../lifecycle/term.ts'
import { parseSchedule } from '../schedule/parse-schedule.ts'
import { readCopySettings } from './atlas-copies.ts'
import { type AtlasFrequency, type AtlasTime, atlasFrequencies, atlasSchedule } from './atlas-schedule.ts'
import type { Rule } from './plan.ts'
import { defaultWindowMinutes, type PlanDefaults, type PlanReading } from './plan-document.ts'
import { planFindings, windowDaysMax } from './plan-findings.ts'

/** One policy item, with its place in the document and the word that it may be called by. */
interface Item {
  readonly at: string
  readonly label: string | undefined
  readonly frequency: AtlasFrequency
  readonly interval: number
  readonly schedule: string
  readonly retention: Term
}

const answerFields = ['clusterId', 'clusterName', 'nextSnapshot', 'links']
const withoutEffect = [
  'autoCopySettingsEnabled',
  'copyPolicyItemsEnabled',
  'deleteCopiedBackups',
  'deleteCopySnapshots',
  'deleteSnapshots',
  'export',
  'extraRetentionSettings',
  'updateCopySnapshots',
  'useOrgAndGroupNamesInExportPrefix',
]

/**
 * Reads an Atlas backup policy. Each policy item becomes a rule, all policies together one plan, in UTC; a policy's id becomes the name
 * of its rules when it is a word and not one of Atlas's own numbers. The window of continuous restore goes to the most frequent rule.
 */
export function readAtlasPolicy(reader: DocumentReader, defaults: PlanDefaults): PlanReading {
  const time = {
    hour: reader.wholeNumber('referenceHourOfDay', { min: 0, max: 23 }) ?? 0,
    minute: reader.wholeNumber('referenceMinuteOfHour', { min: 0, max: 59 }) ?? 0,
  }
  const windowDays = reader.wholeNumber('restoreWindowDays', { min: 0, max: windowDaysMax }) ?? 0
  const appliesToExisting = reader.flag('updateSnapshots') ?? false
  const items = reader.objects('policies').flatMap((policy) => readPolicy(policy, time))
  warnOfShortRetention(items, reader)
  const targetVault = defaults.targetVault ?? 'default'
  if (defaults.targetVault === undefined) {
    reader.warn('', `the policy names no vault; its points go to the vault "${targetVault}"`, 'Say which vault is meant.')
  }
  const copies = readCopySettings(reader, defaults.copyVault ?? ((region) => `${targetVault}-${region}`))
  const names = namesOf(items)
  const continuous = windowDays > 0 ? mostFrequent(items) : undefined
  const rules = items.map((item, i): Rule => {
    const lifecycle = { deleteAfter: item.retention }
    return {
      name: names[i] ?? item.frequency,
      schedule: parseSchedule(item.schedule),
      targetVault,
      startWindowMinutes: defaultWindowMinutes.start,
      completionWindowMinutes: defaultWindowMinutes.completion,
      lifecycle,
      ...(item === continuous ? { isContinuous: true, windowDays } : {}),
      copies: copies.filter(({ frequencies }) => frequencies.includes(item.frequency)).map(({ copy }) => ({ ...copy, lifecycle })),
      pointTags: {},
    }
  })
  const name = defaults.name ?? reader.text('clusterName') ?? 'backup-schedule'
  const plan = { name, timeZone: 'UTC', rules }
  if (reader.flag('autoExportEnabled') === true) {
    reader.warn('autoExportEnabled', 'automatic export is not part of a plan', 'Set up an export of its own.')
  }
  reader.ignores(...withoutEffect)
  reader.knows(...answerFields)
  reader.finish()
  // Items that could not be read are reported already: that there is no rule then says nothing more.
  const isKnown = rules.length === 0 && reader.findings.some(({ severity }) => severity === 'error')
  const found = isKnown ? [] : planFindings(plan)
  reader.findings.push(...found.map((finding) => ({ ...finding, at: placeInPolicy(finding.at, items) })))
  return { plan, selections: [], appliesToExisting }
}

function readPolicy(policy: DocumentReader, time: AtlasTime): readonly Item[] {
  const id = policy.text('id')
  const label = id === undefined || /^[a-f0-9]{24}$/.test(id) ? undefined : id
  const items = policy.objects('policyItems').flatMap((item) => readItem(item, label, time))
  policy.finish()
  return items
}

function readItem(reader: DocumentReader, label: string | undefined, time: AtlasTime): readonly Item[] {
  const frequency = readWord(reader, 'frequencyType', atlasFrequencies)
  const interval = reader.wholeNumber('frequencyInterval', { min: 1, max: 40 })
  const unit = readWord(reader, 'retentionUnit', termUnits)
  const value = unit === undefined ? undefined : reader.wholeNumber('retentionValue', { min: 1, max: termValueMax[unit] })
  for (const field of ['frequencyInterval', 'retentionValue']) {
    if (!reader.has(field)) reader.error(field, `${field} is missing`)
  }
  reader.knows('id')
  reader.finish()
  if (frequency === undefined || interval === undefined || unit === undefined || value === undefined) return []
  const schedule = atlasSchedule(frequency, interval, time)
  if ('problem' in schedule) {
    reader.error('frequencyInterval', schedule.problem)
    return []
  }
  return [{ at: reader.at, label, frequency, interval, schedule: schedule.text, retention: { value, unit } }]
}

/** One of `words`; Atlas writes them in lower case in some places and in capitals in others. */
function readWord<Word extends string>(reader: DocumentReader, field: string, words: readonly Word[]): Word | undefined {
  const text = reader.requiredText(field)
  const word = words.find((candidate) => candidate === text?.toLowerCase())
  if (text !== undefined && word === undefined) reader.error(field, `${field} is "${text}", none of ${words.join(', ')}`)
  return word
}

/** Atlas wants each item kept at least as long as those that are more frequent. Coffre does not. */
function warnOfShortRetention(items: readonly Item[], reader: DocumentReader): void {
  const fromMs = Date.UTC(2024, 0, 1)
  for (const item of items) {
    const longer = items.find(
      (other) =>
        atlasFrequencies.indexOf(other.frequency) < atlasFrequencies.indexOf(item.frequency) &&
        compareTerms(other.retention, item.retention, fromMs, 'UTC') > 0,
    )
    if (longer === undefined) continue
    const message = `kept ${formatTerm(item.retention)}, less than the more frequent ${longer.frequency} item's ${formatTerm(longer.retention)}`
    reader.findings.push({ severity: 'warning', at: `${item.at}/retentionValue`, message })
  }
}

function namesOf(items: readonly Item[]): readonly string[] {
  const names: string[] = []
  for (const { label, frequency } of items) {
    const isAlone = items.filter((other) => other.label === label).length === 1
    const wished = label === undefined ? frequency : isAlone ? label : `${label}-${frequency}`
    let name = wished
    for (let number = 2; names.includes(name); number++) name = `${wished}-${number}`
    names.push(name)
  }
  return names
}

function mostFrequent(items: readonly Item[]): Item | undefined {
  const rank = ({ frequency }: Item): number => atlasFrequencies.indexOf(frequency)
  return items.toSorted((a, b) => rank(a) - rank(b) || a.interval - b.interval)[0]
}

/** A finding about rule n is about the n-th item. */
function placeInPolicy(at: string, items: readonly Item[]): string {
  const match = /^\/rules(?:\/(\d+))?/.exec(at)
  if (match === null) return at
  return match[1] === undefined ? '/policies' : (items[Number(match[1])]?.at ?? '/policies')
}
