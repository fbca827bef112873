import { CoffreError, type Context } from '@coffre/foundation'
import { type Selectable, sql, type Transaction } from 'kysely'
import type { Database } from '../catalogue/database.ts'
import { newId } from '../catalogue/new-id.ts'
import { objectMissing } from '../catalogue/object-missing.ts'
import type { HoldTable } from '../catalogue/tables/work-tables.ts'
import { settleHolds } from './settle-holds.ts'

/** Which points a hold binds: those that fit every condition that is given. Instants in ISO 8601. */
export interface HoldQuery {
  /** Ids; of any vault when empty. */
  readonly vaults: readonly string[]
  readonly sources: readonly string[]
  readonly createdAfter: string | null
  readonly createdBefore: string | null
}

export interface NewHold {
  readonly projectId: string
  readonly title: string
  readonly description: string
  readonly query: HoldQuery
  readonly createdBy: string
}

/** A point as holds look at it. */
export interface HoldablePoint {
  readonly id: string
  readonly projectId: string
  readonly vaultId: string
  readonly sourceId: string | null
  readonly createdAt: Date
}

/**
 * Legal holds. A point is held while a row of `hold_point` binds it to a hold that is not CANCELED: CREATING until the vaults of all
 * points that it began with know of it, CANCELING until they have all let go; rows of lifted holds stay, as a record. Whoever deletes
 * a point asks within its own transaction, after `waitForNew`: a hold that is being made at the same time is then either there, or
 * will not find the point.
 */
export class Holds {
  readonly #context: Context

  constructor(context: Context) {
    this.#context = context
  }

  /** Binds the matching points that are there, within the same transaction. Returns the hold's id, and how many points they are. */
  async create(wanted: NewHold, within: Transaction<Database>): Promise<{ readonly id: string; readonly points: number }> {
    const { projectId, title, description, query, createdBy } = wanted
    await within.selectFrom('project').select('id').where('id', '=', projectId).forNoKeyUpdate().execute()
    const id = newId(this.#context)
    const createdAt = new Date(this.#context.clock.nowMs())
    const row = {
      id,
      projectId,
      title,
      description,
      state: 'CREATING',
      query: JSON.stringify(query),
      createdAt,
      createdBy,
    } as const
    await within.insertInto('hold').values(row).execute()
    const points = await bindPresent({ id, projectId, query }, within)
    await settleHolds([id], within)
    return { id, points }
  }

  /** Within the transaction that records a new point: binds it to every active hold that it fits. */
  async bindNew(point: HoldablePoint, within: Transaction<Database>): Promise<void> {
    await this.waitForNew(point.projectId, within)
    const active = await within
      .selectFrom('hold')
      .select(['id', 'query'])
      .where('projectId', '=', point.projectId)
      .where('state', 'in', ['CREATING', 'ACTIVE'])
      .execute()
    const bound = active.filter(({ query }) => fits(point, query as HoldQuery)).map(({ id }) => ({ holdId: id, pointId: point.id }))
    if (bound.length > 0)
      await within
        .insertInto('holdPoint')
        .values(bound)
        .onConflict((conflict) => conflict.doNothing())
        .execute()
  }

  /** Until the end of the transaction no hold begins in the project; those that are beginning are waited for. */
  async waitForNew(projectId: string, within: Transaction<Database>): Promise<void> {
    await within.selectFrom('project').select('id').where('id', '=', projectId).forShare().execute()
  }

  /** The caller has had it approved. It holds until all vaults have let go. `hold.lifted` when somebody was faster. */
  async lift(projectId: string, id: string, reason: string, within: Transaction<Database>): Promise<void> {
    const hold = await lockHold(projectId, id, within)
    if (hold.cancelledAt !== null) throw lifted(hold)
    const cancelledAt = new Date(this.#context.clock.nowMs())
    await within.updateTable('hold').set({ state: 'CANCELING', cancelledAt, cancelReason: reason }).where('id', '=', id).execute()
    await settleHolds([id], within)
  }
}

/** Binds every point that is there and fits, and is not bound yet. Returns how many. */
export async function bindPresent(
  { id, projectId, query: conditions }: { readonly id: string; readonly projectId: string; readonly query: HoldQuery },
  within: Transaction<Database>,
): Promise<number> {
  const { vaults, sources, createdAfter, createdBefore } = conditions
  const { numInsertedOrUpdatedRows } = await within
    .insertInto('holdPoint')
    .columns(['holdId', 'pointId'])
    .expression((builder) => {
      let query = builder
        .selectFrom('point')
        .select([sql<string>`${id}::uuid`.as('holdId'), 'point.id'])
        .where('projectId', '=', projectId)
        .where('deletionDate', 'is', null)
      if (vaults.length > 0) query = query.where('vaultId', 'in', vaults)
      if (sources.length > 0) query = query.where('sourceId', 'in', sources)
      if (createdAfter !== null) query = query.where('createdAt', '>=', new Date(createdAfter))
      if (createdBefore !== null) query = query.where('createdAt', '<', new Date(createdBefore))
      return query
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return Number(numInsertedOrUpdatedRows ?? 0)
}

function fits(point: HoldablePoint, { vaults, sources, createdAfter, createdBefore }: HoldQuery): boolean {
  const createdMs = point.createdAt.getTime()
  return (
    (vaults.length === 0 || vaults.includes(point.vaultId)) &&
    (sources.length === 0 || (point.sourceId !== null && sources.includes(point.sourceId))) &&
    (createdAfter === null || createdMs >= Date.parse(createdAfter)) &&
    (createdBefore === null || createdMs < Date.parse(createdBefore))
  )
}

async function lockHold(projectId: string, id: string, within: Transaction<Database>): Promise<Selectable<HoldTable>> {
  const found = await within
    .selectFrom('hold')
    .selectAll()
    .where('id', '=', id)
    .where('projectId', '=', projectId)
    .forUpdate()
    .executeTakeFirst()
  if (found === undefined) throw objectMissing('hold', id)
  return found
}

function lifted({ id, cancelledAt }: Selectable<HoldTable>): CoffreError {
  return new CoffreError('hold.lifted', `the hold ${id} was lifted at ${cancelledAt?.toISOString() ?? 'an unknown time'}`, {
    hint: 'There is nothing to lift any more.',
  })
}
