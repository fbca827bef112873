import type { Context } from '@coffre/foundation'
import { carryRuleIds, nextOccurrence, type Plan, type PlanDocument, type PolicyFinding, type Rule } from '@coffre/policy'
import type { Transaction } from 'kysely'
import type { Catalogue, Database } from '../catalogue/database.ts'
import { nameTaken } from '../catalogue/name-taken.ts'
import { newHexId, newId } from '../catalogue/new-id.ts'
import type { ApiCall } from '../http/api-call.ts'
import { applyToExisting, type RuleOfPoints } from './existing-points.ts'
import {
  type KnownPlan,
  knownPlan,
  missingVaults,
  type PlanRequest,
  type ReadPlan,
  readPlan,
  type StoredRule,
  storedRules,
} from './known-plan.ts'

export interface PlanOrder extends PlanRequest {
  readonly createdBy: string
  /** Refuse when there is a plan of that name: `object.exists`. */
  readonly isNew?: boolean
}

export interface AppliedPlanDocument {
  readonly id: string
  readonly findings: readonly PolicyFinding[]
  /** False when the document is the current version already. */
  readonly isChanged: boolean
}

/** Makes a plan of a document, or a new version of the plan with its name. All of it or nothing. */
export async function applyPlan(
  catalogue: Catalogue,
  context: Context,
  request: PlanOrder,
  audit: ApiCall['audit'],
): Promise<AppliedPlanDocument> {
  return catalogue.transaction().execute((transaction) => applyPlanWithin(transaction, context, request, audit))
}

/** The same, together with whatever else happens in the transaction. */
export async function applyPlanWithin(
  transaction: Transaction<Database>,
  context: Context,
  request: PlanOrder,
  audit: ApiCall['audit'],
): Promise<AppliedPlanDocument> {
  const read = readPlan(request)
  const { projectId } = request
  // The project's row orders those who make the first version of a plan at once.
  await transaction.selectFrom('project').select('id').where('id', '=', projectId).forUpdate().execute()
  const known = await knownPlan(transaction, projectId, read.plan.name)
  if (known !== undefined && request.isNew === true) throw nameTaken('plan', read.plan.name)
  const findings = [...read.findings, ...(await missingVaults(transaction, projectId, read.plan))]
  if (known?.document === read.text) return { id: known.id, findings, isChanged: false }
  const { id, rules } = await new PlanChange(transaction, context, request).store(read, known)
  const nowMs = context.clock.nowMs()
  const existing = read.appliesToExisting ? await applyToExisting(transaction, projectId, rules, nowMs) : undefined
  const detail = { name: read.plan.name, version: (known?.number ?? 0) + 1, ...(existing === undefined ? {} : { existing }) }
  await audit({ target: `plan:${id}`, detail }, transaction)
  return { id, findings, isChanged: true }
}

class PlanChange {
  readonly #transaction: Transaction<Database>
  readonly #context: Context
  readonly #request: PlanOrder
  readonly #now: Date

  constructor(transaction: Transaction<Database>, context: Context, request: PlanOrder) {
    this.#transaction = transaction
    this.#context = context
    this.#request = request
    this.#now = new Date(context.clock.nowMs())
  }

  async store(
    { plan, selections, text }: ReadPlan,
    known: KnownPlan | undefined,
  ): Promise<{ readonly id: string; readonly rules: readonly RuleOfPoints[] }> {
    const id = known?.id ?? newId(this.#context)
    const versionId = newId(this.#context)
    if (known === undefined) await this.#insertPlan(id, versionId, plan.name)
    else await this.#transaction.updateTable('plan').set({ versionId }).where('id', '=', id).execute()
    await this.#transaction
      .insertInto('planVersion')
      .values({
        id: versionId,
        planId: id,
        number: (known?.number ?? 0) + 1,
        document: text,
        plan: JSON.stringify(plan),
        createdAt: this.#now,
        createdBy: this.#request.createdBy,
      })
      .execute()
    const rules = await this.#storeRules(id, plan)
    // A document that says nothing of selections, such as one of AWS, leaves those that there are.
    if (selections.length > 0) await this.#storeSelections(id, selections)
    return { id, rules }
  }

  async #insertPlan(id: string, versionId: string, name: string): Promise<void> {
    const { projectId } = this.#request
    const project = await this.#transaction
      .selectFrom('project')
      .select(['accountLabel', 'regionLabel'])
      .where('id', '=', projectId)
      .executeTakeFirstOrThrow()
    const row = { id, hexId: newHexId(this.#context), projectId, ...project, name, versionId, createdAt: this.#now }
    await this.#transaction.insertInto('plan').values(row).execute()
  }

  async #storeRules(planId: string, plan: Plan): Promise<RuleOfPoints[]> {
    const previous = await storedRules(this.#transaction, planId)
    const carried = carryRuleIds(previous, plan.rules, () => newId(this.#context))
    const stored = plan.rules.map((rule, at) => {
      return { ruleId: carried[at]?.id ?? newId(this.#context), rule, timeZone: rule.timeZone ?? plan.timeZone }
    })
    for (const one of stored) {
      await this.#storeRule(
        planId,
        one,
        previous.find(({ id }) => id === one.ruleId),
      )
    }
    const gone = previous.filter(({ name }) => !plan.rules.some((rule) => rule.name === name)).map(({ id }) => id)
    if (gone.length > 0) {
      const deletionDate = this.#now
      await this.#transaction.updateTable('rule').set({ deletionDate, nextDueAt: null }).where('id', 'in', gone).execute()
    }
    return stored
  }

  async #storeRule(planId: string, { ruleId: id, rule, timeZone }: RuleOfPoints, known: StoredRule | undefined): Promise<void> {
    const anchorAt = known?.anchorAt ?? this.#now
    const dueMs = nextRunsOf(rule, timeZone, anchorAt, this.#now.getTime(), 1)[0]
    const columns = {
      definition: JSON.stringify(rule),
      timeZone,
      nextDueAt: dueMs === undefined ? null : new Date(dueMs),
      // A new schedule counts from now: what the one before it missed is not made up for.
      evaluatedThrough: this.#now,
    }
    if (known !== undefined) await this.#transaction.updateTable('rule').set(columns).where('id', '=', id).execute()
    else {
      const row = { id, hexId: newHexId(this.#context), planId, name: rule.name, anchorAt, ...columns }
      await this.#transaction.insertInto('rule').values(row).execute()
    }
  }

  async #storeSelections(planId: string, selections: PlanDocument['selections']): Promise<void> {
    const deletionDate = this.#now
    await this.#transaction
      .updateTable('selection')
      .set({ deletionDate })
      .where('planId', '=', planId)
      .where('deletionDate', 'is', null)
      .execute()
    const rows = selections.map((selection) => ({
      id: newId(this.#context),
      hexId: newHexId(this.#context),
      planId,
      name: selection.name,
      document: JSON.stringify(selection),
      createdAt: this.#now,
    }))
    await this.#transaction.insertInto('selection').values(rows).execute()
  }
}

/** The next times at which a rule falls due, in milliseconds; none of a rule without a schedule. */
export function nextRunsOf(rule: Rule, timeZone: string, anchorAt: Date, afterMs: number, count: number): number[] {
  const { schedule } = rule
  if (schedule === undefined) return []
  const basis = { timeZone, anchorMs: anchorAt.getTime() }
  const runs: number[] = []
  for (let last = afterMs; runs.length < count; ) {
    const next = nextOccurrence(schedule, basis, last)
    if (next === undefined) break
    runs.push(next)
    last = next
  }
  return runs
}
