import type { PlanPreviewView } from '@coffre/api-contract'
import type { Context } from '@coffre/foundation'
import { carryRuleIds, describeSchedule, matchSelection, type Schedule, type Selection } from '@coffre/policy'
import type { Catalogue } from '../catalogue/database.ts'
import { newId } from '../catalogue/new-id.ts'
import { nextRunsOf } from './apply-plan.ts'
import type { RuleOfPoints } from './existing-points.ts'
import { knownPlan, missingVaults, type PlanRequest, type ReadPlan, readPlan, type StoredRule, storedRules } from './known-plan.ts'
import { candidateOf, selectableSources, storedSelections } from './planned-rules.ts'
import { previewPoints } from './preview-points.ts'

const runsShown = 10
const sourcesShown = 100

/** What applying the plan now would do. Nothing is changed; all of it is as of one moment. */
export async function previewPlan(catalogue: Catalogue, context: Context, request: PlanRequest): Promise<PlanPreviewView> {
  const read = readPlan(request)
  const isolated = catalogue.transaction().setIsolationLevel('repeatable read').setAccessMode('read only')
  return isolated.execute(async (reader) => {
    const { projectId } = request
    const known = await knownPlan(reader, projectId, read.plan.name)
    const previous = known === undefined ? [] : await storedRules(reader, known.id)
    const isChanged = known?.document !== read.text
    const selections =
      read.selections.length > 0 || known === undefined ? read.selections : await storedSelections(reader, known.id)
    const rules = rulesAfter(read, previous, context)
    const change = { projectId, rules, previous, appliesToExisting: isChanged && read.appliesToExisting }
    return {
      name: read.plan.name,
      version: (known?.number ?? 0) + (isChanged ? 1 : 0),
      isChanged,
      findings: [...read.findings, ...(await missingVaults(reader, projectId, read.plan))],
      rules: rules.map((rule) => ruleView(rule, previous, context.clock.nowMs())),
      selections: await picksOf(reader, projectId, selections),
      points: await previewPoints(reader, change, context.clock.nowMs()),
    }
  })
}

/** The schedule as people say it. */
export function wordsOf(schedule: Schedule | undefined, timeZone: string): { en: string; fr: string } | null {
  if (schedule === undefined) return null
  return { en: describeSchedule(schedule, timeZone, 'en'), fr: describeSchedule(schedule, timeZone, 'fr') }
}

function rulesAfter({ plan }: ReadPlan, previous: readonly StoredRule[], context: Context): RuleOfPoints[] {
  const carried = carryRuleIds(previous, plan.rules, () => newId(context))
  return plan.rules.map((rule, at) => {
    return { ruleId: carried[at]?.id ?? newId(context), rule, timeZone: rule.timeZone ?? plan.timeZone }
  })
}

function ruleView(
  { ruleId, rule, timeZone }: RuleOfPoints,
  previous: readonly StoredRule[],
  nowMs: number,
): PlanPreviewView['rules'][number] {
  const anchorAt = previous.find(({ id }) => id === ruleId)?.anchorAt ?? new Date(nowMs)
  return {
    name: rule.name,
    schedule: rule.schedule?.text ?? null,
    words: wordsOf(rule.schedule, timeZone),
    timeZone,
    targetVault: rule.targetVault,
    nextRuns: nextRunsOf(rule, timeZone, anchorAt, nowMs, runsShown).map((ms) => new Date(ms).toISOString()),
  }
}

async function picksOf(
  reader: Catalogue,
  projectId: string,
  selections: readonly Selection[],
): Promise<PlanPreviewView['selections']> {
  const sources = (await selectableSources(reader, projectId)).toSorted((a, b) => (a.name < b.name ? -1 : 1))
  return selections.map((selection) => {
    const picked = sources.flatMap((source) => {
      const { isMatch, reasons } = matchSelection(selection, candidateOf(source))
      return isMatch ? [{ id: source.id, name: source.name, reasons: reasons.map(({ en, fr }) => ({ en, fr })) }] : []
    })
    return { name: selection.name, picks: picked.length, sources: picked.slice(0, sourcesShown) }
  })
}
