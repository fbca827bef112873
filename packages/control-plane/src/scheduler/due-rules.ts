import { type Context, minuteMs } from '@coffre/foundation'
import { missedOccurrences, type Rule, runWindow } from '@coffre/policy'
import type { Transaction } from 'kysely'
import type { Catalogue, Database } from '../catalogue/database.ts'
import { newId } from '../catalogue/new-id.ts'
import type { JobStore } from '../jobs/job-store.ts'
import { machineFor } from '../jobs/machine-for.ts'
import { newBackupJob } from '../jobs/new-backup.ts'
import { nextRunsOf } from '../plans/apply-plan.ts'
import { type PlannedRule, PlannedRules, type SelectableSource, selectableSources } from '../plans/planned-rules.ts'
import { engineNamed, type SourceEngines } from '../sources/source-engines.ts'
import { loadSources, loadVaults } from './load-project.ts'

export interface DueParts {
  readonly catalogue: Catalogue
  readonly store: JobStore
  readonly engines: SourceEngines
  readonly context: Context
  /** Of this server's state folder. */
  readonly machine: string
}

/** So many rules are dealt with in one transaction, and so many missed runs of a rule are recorded one by one. */
const batchRules = 100
const missedMax = 1000

/**
 * Deals with every rule that is due: records each occurrence, once whatever the number of servers, and makes the jobs of the one that
 * is to run. Resolves to how many rules there were.
 */
export async function runDueRules(parts: DueParts): Promise<number> {
  let total = 0
  for (;;) {
    const count = await parts.catalogue.transaction().execute((transaction) => runBatch(parts, transaction))
    total += count
    if (count < batchRules) return total
  }
}

/** When the next rule falls due; undefined when none does. */
export async function nextDueMs(catalogue: Catalogue): Promise<number | undefined> {
  const row = await catalogue
    .selectFrom('rule')
    .select(({ fn }) => fn.min('nextDueAt').as('at'))
    .where('deletionDate', 'is', null)
    .executeTakeFirst()
  return row?.at?.getTime()
}

async function runBatch(parts: DueParts, transaction: Transaction<Database>): Promise<number> {
  const now = new Date(parts.context.clock.nowMs())
  const due = await transaction
    .selectFrom('rule')
    .innerJoin('plan', 'plan.id', 'rule.planId')
    .select(['rule.id', 'rule.anchorAt', 'rule.evaluatedThrough', 'plan.projectId'])
    .where('rule.deletionDate', 'is', null)
    .where('rule.nextDueAt', '<=', now)
    .orderBy('rule.nextDueAt')
    .limit(batchRules)
    .forUpdate('rule')
    .skipLocked()
    .execute()
  for (const [projectId, rules] of Map.groupBy(due, (rule) => rule.projectId)) {
    const project = new ProjectRun(
      parts,
      transaction,
      await PlannedRules.load(transaction, projectId),
      await selectableSources(transaction, projectId),
      await loadVaults(transaction, projectId),
      await loadSources(transaction, projectId),
    )
    for (const rule of rules) await project.run(rule, now)
  }
  return due.length
}

interface DueRule {
  readonly id: string
  readonly anchorAt: Date
  readonly evaluatedThrough: Date
}

/** The due rules of one project, within one transaction. */
class ProjectRun {
  readonly #parts: DueParts
  readonly #transaction: Transaction<Database>
  readonly #rules: PlannedRules
  readonly #selectable: readonly SelectableSource[]
  readonly #vaults: Awaited<ReturnType<typeof loadVaults>>
  readonly #sources: ReadonlyMap<string, Awaited<ReturnType<typeof loadSources>>[number]>

  constructor(
    parts: DueParts,
    transaction: Transaction<Database>,
    rules: PlannedRules,
    selectable: readonly SelectableSource[],
    vaults: Awaited<ReturnType<typeof loadVaults>>,
    sources: Awaited<ReturnType<typeof loadSources>>,
  ) {
    this.#parts = parts
    this.#transaction = transaction
    this.#rules = rules
    this.#selectable = selectable
    this.#vaults = vaults
    this.#sources = new Map(sources.map((source) => [source.id, source]))
  }

  async run({ id, anchorAt, evaluatedThrough }: DueRule, now: Date): Promise<void> {
    const planned = this.#rules.get(id)
    if (planned?.rule.schedule === undefined) {
      // Its plan was deleted, or it no longer has a schedule: it is not due again.
      await this.#transaction.updateTable('rule').set({ nextDueAt: null }).where('id', '=', id).execute()
      return
    }
    const { rule, timeZone } = planned
    const { startWindowMinutes } = rule
    const { listed } = missedOccurrences(
      planned.rule.schedule,
      { timeZone, anchorMs: anchorAt.getTime() },
      {
        afterMs: evaluatedThrough.getTime(),
        nowMs: now.getTime(),
        limit: missedMax,
        ...(startWindowMinutes === undefined ? {} : { startWindowMs: startWindowMinutes * minuteMs }),
      },
    )
    for (const { dueMs, isRunnable } of listed) await this.#occur(planned, dueMs, isRunnable)
    const next = nextRunsOf(rule, timeZone, anchorAt, now.getTime(), 1)[0]
    await this.#transaction
      .updateTable('rule')
      .set({ evaluatedThrough: now, nextDueAt: next === undefined ? null : new Date(next) })
      .where('id', '=', id)
      .execute()
  }

  async #occur(planned: PlannedRule, dueMs: number, isRunnable: boolean): Promise<void> {
    const { rule, ruleId } = planned
    const window = windowOf(rule, dueMs)
    const vault = this.#vaults.find(({ name }) => name === rule.targetVault)
    const reason = !isRunnable ? 'nobody was there to run it in time' : vault === undefined ? `no vault ${rule.targetVault}` : null
    const occurrence = await this.#transaction
      .insertInto('occurrence')
      .values({
        id: newId(this.#parts.context),
        ruleId,
        dueAt: new Date(dueMs),
        disposition: reason === null ? 'RUN' : 'MISSED',
        reason,
        ...window,
        recordedAt: new Date(this.#parts.context.clock.nowMs()),
      })
      .onConflict((conflict) => conflict.columns(['ruleId', 'dueAt']).doNothing())
      .returning('id')
      .executeTakeFirst()
    if (occurrence === undefined || reason !== null || vault === undefined) return
    for (const candidate of this.#selectable) {
      const source = this.#sources.get(candidate.id)
      if (source === undefined || !this.#rules.selects(planned.planId, candidate)) continue
      const { engines, machine, store } = this.#parts
      const isTree = engineNamed(engines, source.engine).kind === 'tree'
      const job = newBackupJob({
        source,
        vault,
        planned,
        lifecycle: rule.lifecycle,
        timeZone: planned.timeZone,
        tags: {},
        createdBy: `rule:${ruleId}`,
        occurrence: { id: occurrence.id, ...window },
        machine: isTree ? machine : machineFor(machine, vault),
      })
      await store.create(job, this.#transaction)
    }
    await this.#transaction
      .updateTable('plan')
      .set({ lastExecutionAt: new Date(dueMs) })
      .where('id', '=', planned.planId)
      .execute()
  }
}

function windowOf(rule: Rule, dueMs: number): { readonly startBy: Date | null; readonly completeBy: Date | null } {
  const { startByMs, completeByMs } = runWindow(rule, dueMs)
  return {
    startBy: startByMs === undefined ? null : new Date(startByMs),
    completeBy: completeByMs === undefined ? null : new Date(completeByMs),
  }
}
