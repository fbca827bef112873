import { type DocumentReader, isObject } from '../document/document-reader.ts'
import { findingOf } from '../document/policy-finding.ts'
import { type KeepCounts, keepLevels, parseKeepCounts } from '../lifecycle/keep-counts.ts'
import type { Lifecycle } from '../lifecycle/lifecycle.ts'
import { parseTerm } from '../lifecycle/term.ts'
import { readSelection } from '../selection/parse-selection.ts'
import type { CopyAction, Rule } from './plan.ts'
import { defaultWindowMinutes, type PlanReading } from './plan-document.ts'
import { ownPlanFields, planFindings, windowDaysMax, windowMinutesMax } from './plan-findings.ts'
import { readSchedule } from './read-schedule.ts'
import { readWindow } from './read-window.ts'

/** Reads Coffre's own shape, which the README describes. */
export function readOwnPlan(reader: DocumentReader): PlanReading {
  const plan = {
    name: reader.requiredText('name') ?? 'plan',
    timeZone: reader.text('timeZone') ?? 'UTC',
    rules: reader.objects('rules').map((rule, i) => readRule(rule, `rule-${i + 1}`)),
  }
  const selections = reader
    .list('selections')
    .map((one, i) => readSelection(one, `${reader.pointer('selections')}/${i}`, reader.findings))
    .filter((selection) => selection !== undefined)
  const appliesToExisting = reader.flag('applyToExisting') ?? false
  reader.finish()
  reader.findings.push(...planFindings(plan, '', ownPlanFields))
  return { plan, selections, appliesToExisting }
}

function readRule(reader: DocumentReader, nameOtherwise: string): Rule {
  const given = readSchedule(reader, 'schedule')
  const { schedule, startWindowMinutes } = readWindow(reader, given)
  const timeZone = reader.text('timeZone')
  const minutes = { min: 1, max: windowMinutesMax }
  const lifecycle = readLifecycle(reader.object('lifecycle'))
  const windowDays = reader.wholeNumber('windowDays', { min: 0, max: windowDaysMax }) ?? 0
  const isContinuous = reader.flag('continuous') ?? windowDays > 0
  const rule: Rule = {
    name: reader.requiredText('name') ?? nameOtherwise,
    ...(schedule === undefined ? {} : { schedule }),
    ...(timeZone === undefined ? {} : { timeZone }),
    targetVault: reader.requiredText('targetVault') ?? 'vault',
    startWindowMinutes: startWindowMinutes ?? defaultWindowMinutes.start,
    completionWindowMinutes: reader.wholeNumber('completionWindowMinutes', minutes) ?? defaultWindowMinutes.completion,
    lifecycle,
    ...(isContinuous ? { isContinuous } : {}),
    ...(windowDays === 0 ? {} : { windowDays }),
    copies: reader.objects('copies').map((copy) => readCopy(copy, lifecycle)),
    pointTags: reader.textMap('pointTags'),
  }
  reader.finish()
  return rule
}

/** A copy lives as long as its original unless it says otherwise. */
function readCopy(reader: DocumentReader, ofRule: Lifecycle): CopyAction {
  const region = reader.text('region')
  const copiesLog = reader.flag('copiesLog')
  const copy = {
    targetVault: reader.requiredText('targetVault') ?? 'copies',
    lifecycle: reader.has('lifecycle') ? readLifecycle(reader.object('lifecycle')) : ofRule,
    ...(region === undefined ? {} : { region }),
    ...(copiesLog === undefined ? {} : { copiesLog }),
  }
  reader.finish()
  return copy
}

function readLifecycle(reader: DocumentReader | undefined): Lifecycle {
  if (reader === undefined) return {}
  const deleteAfter = readParsed(reader, 'deleteAfter', parseTerm)
  const moveToColdAfter = readParsed(reader, 'moveToColdAfter', parseTerm)
  const keep = isObject(reader.any('keep')) ? readKeepObject(reader) : readParsed(reader, 'keep', parseKeepCounts)
  reader.finish()
  return {
    ...(deleteAfter === undefined ? {} : { deleteAfter }),
    ...(moveToColdAfter === undefined ? {} : { moveToColdAfter }),
    ...(keep === undefined ? {} : { keep }),
  }
}

/** `{ "daily": 7 }` for `7d`. */
function readKeepObject(reader: DocumentReader): KeepCounts | undefined {
  const counts = reader.object('keep')
  if (counts === undefined) return undefined
  const read = keepLevels.flatMap((level) => {
    const count = counts.wholeNumber(level, { min: 1, max: Number.MAX_SAFE_INTEGER })
    return count === undefined ? [] : [[level, count] as const]
  })
  counts.finish()
  return Object.fromEntries(read)
}

function readParsed<Value>(reader: DocumentReader, field: string, parse: (text: string) => Value): Value | undefined {
  const text = reader.text(field)
  if (text === undefined) return undefined
  try {
    return parse(text)
  } catch (error) {
    reader.findings.push(findingOf(error, reader.pointer(field)))
    return undefined
  }
}
