import { CoffreError } from '@coffre/foundation'
import { parseTerm } from '../lifecycle/term.ts'
import { parsePlanDocument } from '../plan/parse-plan-document.ts'
import { parseSchedule } from '../schedule/parse-schedule.ts'
import { fillTemplate, type TemplateValues } from './fill-template.ts'
import type {
  AppliedPlan,
  AppliedPreset,
  PlanTemplate,
  Preset,
  PresetParameter,
  RestoreTestCadence,
  WantedRestoreTest,
  WantedVault,
} from './preset.ts'
import { presets } from './presets.ts'

/** When tests run that a clock starts, in UTC: after the night's backups. */
const scheduleOfCadence: Readonly<Record<RestoreTestCadence, string | undefined>> = {
  'weekly': 'cron(0 6 ? * MON *)',
  'monthly': 'cron(0 6 2 * ? *)',
  'quarterly': 'cron(0 6 2 1,4,7,10 ? *)',
  'yearly': 'cron(0 6 2 1 ? *)',
  'manual': undefined,
  'ad-hoc': undefined,
  'never': undefined,
}

/**
 * What the preset of that name would create with these parameters; those that are not given have their own values. Throws
 * `usage.invalid` for an unknown preset or parameter, and what parsing a plan throws for values that make none.
 */
export function applyPreset(name: string, given: Readonly<Record<string, string>> = {}): AppliedPreset {
  const preset = presetOf(name)
  const values = valuesOf(preset, given)
  const plans = preset.plans.map((template) => applyPlan(template, values))
  const vaults = fillTemplate(preset.vaults, values).map(
    ({ shortRetention, longRetention, ...vault }): WantedVault => ({
      ...vault,
      ...(shortRetention === undefined ? {} : { shortRetention: parseTerm(shortRetention) }),
      ...(longRetention === undefined ? {} : { longRetention: parseTerm(longRetention) }),
    }),
  )
  const restoreTests = fillTemplate(preset.restoreTests, values).map((restoreTest): WantedRestoreTest => {
    const schedule = scheduleOfCadence[restoreTest.cadence]
    return { ...restoreTest, ...(schedule === undefined ? {} : { schedule: parseSchedule(schedule) }) }
  })
  return {
    preset: name,
    plans,
    vaults,
    restoreTests,
    notifications: fillTemplate(preset.notifications, values),
    choices: preset.choices,
    ...(preset.objectives === undefined ? {} : { objectives: preset.objectives }),
  }
}

function presetOf(name: string): Preset {
  const preset = presets.find((candidate) => candidate.name === name)
  if (preset !== undefined) return preset
  const hint = `There are ${presets.map((one) => one.name).join(', ')}.`
  throw new CoffreError('usage.invalid', `there is no preset "${name}"`, { hint })
}

function applyPlan({ document, selections }: PlanTemplate, values: TemplateValues): AppliedPlan {
  const sources = values.lists.get('sources') ?? []
  const picked = sources.length > 0 ? [{ name: 'sources', sources }] : fillTemplate(selections, values)
  const filled = { ...fillTemplate(document, values), selections: picked }
  const parsed = parsePlanDocument(filled)
  return { plan: parsed.plan, selections: parsed.selections, document: filled }
}

function valuesOf(preset: Preset, given: Readonly<Record<string, string>>): TemplateValues {
  for (const name of Object.keys(given)) {
    if (preset.parameters.some((parameter) => parameter.name === name)) continue
    const hint = `It has ${preset.parameters.map((parameter) => parameter.name).join(', ')}.`
    throw new CoffreError('usage.invalid', `the preset ${preset.name} has no parameter "${name}"`, { hint })
  }
  const texts = new Map<string, string>()
  const lists = new Map<string, readonly string[]>()
  for (const parameter of preset.parameters) {
    const { name, value, listMin } = parameter
    const text = Object.hasOwn(given, name) ? (given[name] ?? '') : fillTemplate(value, { texts, lists })
    if (listMin === undefined) texts.set(name, text)
    else lists.set(name, listOf(parameter, text, listMin))
  }
  return { texts, lists }
}

function listOf({ name }: PresetParameter, text: string, listMin: number): readonly string[] {
  const list = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
  if (list.length >= listMin) return list
  throw new CoffreError('usage.invalid', `${name} has ${list.length} values, at least ${listMin} are needed`)
}
