import { isDeepStrictEqual } from 'node:util'
import { dayMs } from '@coffre/foundation'
import { addTerm, type Lifecycle, lockTerm, type Rule } from '@coffre/policy'
import type { Transaction } from 'kysely'
import type { Catalogue, Database } from '../catalogue/database.ts'
import { type ExistingPoint, loadRetentionPoints } from '../points/retention-points.ts'

/** A rule of a plan that points may have been made by. */
export interface RuleOfPoints {
  readonly ruleId: string
  readonly rule: Rule
  readonly timeZone: string
}

interface LockedVault {
  readonly id: string
  readonly name: string
  readonly maxRetentionDays: number | null
}

/** Says which lifecycle points that exist get from the rules of a new version of their plan. */
export class NewLifecycles {
  readonly #rules: ReadonlyMap<string, RuleOfPoints>
  readonly #vaults: readonly LockedVault[]
  readonly #nowMs: number

  private constructor(rules: readonly RuleOfPoints[], vaults: readonly LockedVault[], nowMs: number) {
    this.#rules = new Map(rules.map((one) => [one.ruleId, one]))
    this.#vaults = vaults
    this.#nowMs = nowMs
  }

  static async load(reader: Catalogue, projectId: string, rules: readonly RuleOfPoints[], nowMs: number): Promise<NewLifecycles> {
    const vaults = await reader
      .selectFrom('vault')
      .select(['id', 'name', 'lockMode', 'maxRetentionDays'])
      .where('projectId', '=', projectId)
      .where('deletionDate', 'is', null)
      .execute()
    const locked = vaults.map(({ lockMode, maxRetentionDays, ...vault }) => {
      return { ...vault, maxRetentionDays: lockMode === null ? null : maxRetentionDays }
    })
    return new NewLifecycles(rules, locked, nowMs)
  }

  /** The point's own where no rule has another for it, or where the new one is shorter than its lock or longer than its vault's allows. */
  of(point: ExistingPoint): Lifecycle {
    const own = point.ruleId === undefined ? undefined : this.#rules.get(point.ruleId)
    const wanted = own && this.#wanted(point, own.rule)
    return own !== undefined && wanted !== undefined && this.#isAllowed(point, wanted, own.timeZone) ? wanted : point.lifecycle
  }

  #wanted({ vaultId, isCopy }: ExistingPoint, { lifecycle, copies }: Rule): Lifecycle | undefined {
    if (!isCopy) return lifecycle
    const vault = this.#vaults.find(({ id }) => id === vaultId)
    // A copy that the rule no longer makes keeps what it was made with.
    return copies.find(({ targetVault }) => targetVault === vault?.name)?.lifecycle
  }

  #isAllowed({ completedMs, lockUntilMs, levelsAtCommit, vaultId }: ExistingPoint, wanted: Lifecycle, timeZone: string): boolean {
    const term = lockTerm(wanted, levelsAtCommit, completedMs, timeZone)
    const endMs = term === undefined ? Number.POSITIVE_INFINITY : addTerm(completedMs, term, timeZone)
    if (lockUntilMs !== undefined && lockUntilMs > this.#nowMs && endMs < lockUntilMs) return false
    const maxDays = this.#vaults.find(({ id }) => id === vaultId)?.maxRetentionDays ?? Number.POSITIVE_INFINITY
    return maxDays === Number.POSITIVE_INFINITY || endMs <= completedMs + maxDays * dayMs
  }
}

/** The sources that have points of these rules, deleted ones too. */
export async function sourcesOfRules(reader: Catalogue, ruleIds: readonly string[]) {
  if (ruleIds.length === 0) return []
  return reader
    .selectFrom('source')
    .select(['id', 'name', 'deletionDate'])
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('point')
          .select('point.id')
          .whereRef('point.sourceId', '=', 'source.id')
          .where('point.ruleId', 'in', ruleIds)
          .where('point.deletionDate', 'is', null),
      ),
    )
    .orderBy('name')
    .orderBy('id')
    .execute()
}

export interface AppliedLifecycles {
  /** Points that have another lifecycle now. */
  readonly changed: number
  /** Points of the rules that keep theirs, because of a lock or because it is the same. */
  readonly unchanged: number
}

/** Gives points that exist the lifecycles of their rules as they are now. Locks and holds stay as they are. */
export async function applyToExisting(
  transaction: Transaction<Database>,
  projectId: string,
  rules: readonly RuleOfPoints[],
  nowMs: number,
): Promise<AppliedLifecycles> {
  const lifecycles = await NewLifecycles.load(transaction, projectId, rules, nowMs)
  const zones = new Map(rules.map(({ ruleId, timeZone }) => [ruleId, timeZone]))
  let changed = 0
  let unchanged = 0
  for (const { id: sourceId } of await sourcesOfRules(transaction, [...zones.keys()])) {
    // Retention, which may be about to remove some, waits for this transaction, or it for retention.
    await transaction.selectFrom('point').select('id').where('sourceId', '=', sourceId).orderBy('id').forUpdate().execute()
    for (const point of await loadRetentionPoints(transaction, sourceId)) {
      const timeZone = zones.get(point.ruleId ?? '')
      if (timeZone === undefined) continue
      const lifecycle = lifecycles.of(point)
      if (isDeepStrictEqual(lifecycle, point.lifecycle)) {
        unchanged++
        continue
      }
      changed++
      await transaction
        .updateTable('point')
        .set(columnsOf(lifecycle, point.completedMs, timeZone))
        .where('id', '=', point.id)
        .execute()
    }
  }
  return { changed, unchanged }
}

function columnsOf(lifecycle: Lifecycle, completedMs: number, timeZone: string) {
  const { deleteAfter, moveToColdAfter } = lifecycle
  const after = (term: typeof deleteAfter): Date | null =>
    term === undefined ? null : new Date(addTerm(completedMs, term, timeZone))
  // With counts, retention says at its next round when the point goes.
  return { lifecycle: JSON.stringify(lifecycle), deleteAt: after(deleteAfter), moveToColdAt: after(moveToColdAfter) }
}
