import { type Candidate, matchSelection, type Rule, type Selection } from '@coffre/policy'
import type { Transaction } from 'kysely'
import type { Catalogue, Database } from '../catalogue/database.ts'

/** A rule as it is today, with all that a job or a point keeps of it. */
export interface PlannedRule {
  readonly planId: string
  readonly planName: string
  readonly versionId: string
  readonly versionNumber: number
  readonly ruleId: string
  readonly rule: Rule
  /** Of the rule, or else of its plan. */
  readonly timeZone: string
}

export interface SelectableSource {
  readonly id: string
  readonly name: string
  readonly resourceArn: string | null
  readonly tags: Readonly<Record<string, string>>
}

type Reader = Catalogue | Transaction<Database>

/** The plans of a project and whom they select, as they are at one moment. */
export class PlannedRules {
  readonly #rules: readonly PlannedRule[]
  readonly #selections: ReadonlyMap<string, readonly Selection[]>

  private constructor(rules: readonly PlannedRule[], selections: ReadonlyMap<string, readonly Selection[]>) {
    this.#rules = rules
    this.#selections = selections
  }

  static async load(reader: Reader, projectId: string): Promise<PlannedRules> {
    const rows = await reader
      .selectFrom('rule')
      .innerJoin('plan', 'plan.id', 'rule.planId')
      .innerJoin('planVersion', 'planVersion.id', 'plan.versionId')
      .select(['rule.id', 'rule.planId', 'rule.definition', 'rule.timeZone', 'plan.name', 'plan.versionId', 'planVersion.number'])
      .where('plan.projectId', '=', projectId)
      .where('plan.deletionDate', 'is', null)
      .where('rule.deletionDate', 'is', null)
      .orderBy('plan.name')
      .orderBy('rule.id')
      .execute()
    const selections = await reader
      .selectFrom('selection')
      .innerJoin('plan', 'plan.id', 'selection.planId')
      .select(['selection.planId', 'selection.document'])
      .where('plan.projectId', '=', projectId)
      .where('selection.deletionDate', 'is', null)
      .execute()
    const rules = rows.map(({ id, planId, definition, timeZone, name, versionId, number }) => ({
      planId,
      planName: name,
      versionId,
      versionNumber: number,
      ruleId: id,
      rule: definition as Rule,
      timeZone,
    }))
    const byPlan = Map.groupBy(selections, ({ planId }) => planId)
    return new PlannedRules(
      rules,
      new Map([...byPlan].map(([planId, own]) => [planId, own.map(({ document }) => document as Selection)])),
    )
  }

  get all(): readonly PlannedRule[] {
    return this.#rules
  }

  get(ruleId: string): PlannedRule | undefined {
    return this.#rules.find((planned) => planned.ruleId === ruleId)
  }

  /** The rules that apply to a source, in the order of their plans' names and of their making. */
  of(source: SelectableSource): readonly PlannedRule[] {
    return this.#rules.filter(({ planId }) => this.selects(planId, source))
  }

  selects(planId: string, source: SelectableSource): boolean {
    const candidate = candidateOf(source)
    return (this.#selections.get(planId) ?? []).some((selection) => matchSelection(selection, candidate).isMatch)
  }
}

/** The source as selections look at it. */
export function candidateOf({ id, name, resourceArn, tags }: SelectableSource): Candidate {
  return { names: [id, name, ...(resourceArn === null ? [] : [resourceArn])], tags }
}

/** Those of one plan, by name. */
export async function storedSelections(reader: Reader, planId: string): Promise<Selection[]> {
  const rows = await reader
    .selectFrom('selection')
    .select('document')
    .where('planId', '=', planId)
    .where('deletionDate', 'is', null)
    .orderBy('name')
    .execute()
  return rows.map(({ document }) => document as Selection)
}

/** The sources of a project that may be selected, with their tags. */
export async function selectableSources(reader: Reader, projectId: string): Promise<SelectableSource[]> {
  const sources = await reader
    .selectFrom('source')
    .select(['id', 'name', 'resourceArn'])
    .where('projectId', '=', projectId)
    .where('deletionDate', 'is', null)
    .execute()
  const tags = await reader
    .selectFrom('tag')
    .select(['objectId', 'key', 'value'])
    .where('projectId', '=', projectId)
    .where('objectKind', '=', 'source')
    .execute()
  const byObject = Map.groupBy(tags, ({ objectId }) => objectId)
  return sources.map((source) => ({
    ...source,
    tags: Object.fromEntries((byObject.get(source.id) ?? []).map(({ key, value }) => [key, value])),
  }))
}
