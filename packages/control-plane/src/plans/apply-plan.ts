import type { Context } from '@coffre/foundation'
import {
  carryRuleIds,
  nextOccurrence,
  type Plan,
  type PlanDocument,
  type PolicyFinding,
  parsePlanDocument,
  type Rule,
} from '@coffre/policy'
import type { Transaction } from 'kysely'
import type { Catalogue, Database } from '../catalogue/database.ts'
import { nameTaken } from '../catalogue/name-taken.ts'
import { newHexId, newId } from '../catalogue/new-id.ts'
import type { ApiCall } from '../http/api-call.ts'

export interface PlanRequest {
  readonly projectId: string
  /** A value, or JSON text. */
  readonly document: unknown
  readonly name: string | undefined
  readonly targetVault: string | undefined
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
  request: PlanRequest,
  audit: ApiCall['audit'],
): Promise<AppliedPlanDocument> {
  return catalogue.transaction().execute((transaction) => applyPlanWithin(transaction, context, request, audit))
}

/** The same, together with whatever else happens in the transaction. */
export async function applyPlanWithin(
  transaction: Transaction<Database>,
  context: Context,
  request: PlanRequest,
  audit: ApiCall['audit'],
): Promise<AppliedPlanDocument> {
  const { name, targetVault } = request
  const read = parsePlanDocument(request.document, {
    ...(name === undefined ? {} : { name }),
    ...(targetVault === undefined ? {} : { targetVault }),
  })
  const text = typeof request.document === 'string' ? request.document : JSON.stringify(request.document)
  const change = new PlanChange(transaction, context, request)
  const known = await change.known(read.plan.name)
  if (known !== undefined && request.isNew === true) throw nameTaken('plan', read.plan.name)
  const findings = [...read.findings, ...(await change.missingVaults(read.plan))]
  if (known?.document === text) return { id: known.id, findings, isChanged: false }
  const id = await change.store(read, text, known)
  await audit({ target: `plan:${id}`, detail: { name: read.plan.name, version: (known?.number ?? 0) + 1 } }, transaction)
  return { id, findings, isChanged: true }
}

interface KnownPlan {
  readonly id: string
  readonly number: number
  readonly document: string
}

class PlanChange {
  readonly #transaction: Transaction<Database>
  readonly #context: Context
  readonly #request: PlanRequest
  readonly #now: Date

  constructor(transaction: Transaction<Database>, context: Context, request: PlanRequest) {
    this.#transaction = transaction
    this.#context = context
    this.#request = request
    this.#now = new Date(context.clock.nowMs())
  }

  /** The plan of this name, locked, so that versions follow one another. */
  async known(name: string): Promise<KnownPlan | undefined> {
    // The project's row orders those who make the first version of a plan at once.
    await this.#transaction.selectFrom('project').select('id').where('id', '=', this.#request.projectId).forUpdate().execute()
    return this.#transaction
      .selectFrom('plan')
      .innerJoin('planVersion', 'planVersion.id', 'plan.versionId')
      .select(['plan.id', 'planVersion.number', 'planVersion.document'])
      .where('plan.projectId', '=', this.#request.projectId)
      .where('plan.name', '=', name)
      .where('plan.deletionDate', 'is', null)
      .executeTakeFirst()
  }

  /** A plan may come before its vaults, as documents of other programs do; it cannot run before. */
  async missingVaults({ rules }: Plan): Promise<PolicyFinding[]> {
    const wanted = new Set(rules.flatMap(({ targetVault, copies }) => [targetVault, ...copies.map((copy) => copy.targetVault)]))
    const rows = await this.#transaction
      .selectFrom('vault')
      .select('name')
      .where('projectId', '=', this.#request.projectId)
      .where('name', 'in', [...wanted])
      .where('deletionDate', 'is', null)
      .execute()
    const there = new Set(rows.map(({ name }) => name))
    return [...wanted.difference(there)].map((name) => ({
      severity: 'warning',
      at: '',
      message: `there is no vault named ${name} yet`,
      hint: `Make it with \`coffre vault create ${name}\`; until then nothing that goes there runs.`,
    }))
  }

  async store({ plan, selections }: PlanDocument, document: string, known: KnownPlan | undefined): Promise<string> {
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
        document,
        plan: JSON.stringify(plan),
        createdAt: this.#now,
        createdBy: this.#request.createdBy,
      })
      .execute()
    await this.#storeRules(id, plan)
    // A document that says nothing of selections, such as one of AWS, leaves those that there are.
    if (selections.length > 0) await this.#storeSelections(id, selections)
    return id
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

  async #storeRules(planId: string, plan: Plan): Promise<void> {
    const previous = await this.#transaction
      .selectFrom('rule')
      .select(['id', 'name', 'anchorAt'])
      .where('planId', '=', planId)
      .where('deletionDate', 'is', null)
      .execute()
    const carried = carryRuleIds(previous, plan.rules, () => newId(this.#context))
    for (const [at, rule] of plan.rules.entries()) {
      const id = carried[at]?.id ?? newId(this.#context)
      const anchorAt = previous.find((known) => known.id === id)?.anchorAt ?? this.#now
      await this.#storeRule(
        planId,
        id,
        rule,
        rule.timeZone ?? plan.timeZone,
        anchorAt,
        previous.some((known) => known.id === id),
      )
    }
    const gone = previous.filter(({ name }) => !plan.rules.some((rule) => rule.name === name)).map(({ id }) => id)
    if (gone.length > 0) {
      const deletionDate = this.#now
      await this.#transaction.updateTable('rule').set({ deletionDate, nextDueAt: null }).where('id', 'in', gone).execute()
    }
  }

  async #storeRule(planId: string, id: string, rule: Rule, timeZone: string, anchorAt: Date, isKnown: boolean): Promise<void> {
    const dueMs = nextRunsOf(rule, timeZone, anchorAt, this.#now.getTime(), 1)[0]
    const columns = {
      definition: JSON.stringify(rule),
      timeZone,
      nextDueAt: dueMs === undefined ? null : new Date(dueMs),
      // A new schedule counts from now: what the one before it missed is not made up for.
      evaluatedThrough: this.#now,
    }
    if (isKnown) await this.#transaction.updateTable('rule').set(columns).where('id', '=', id).execute()
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
