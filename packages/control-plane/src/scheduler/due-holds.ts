import { sql } from 'kysely'
import { bindPresent, type HoldQuery } from '../holds/holds.ts'
import { settleHolds } from '../holds/settle-holds.ts'
import { startHoldJobs } from '../holds/start-hold-jobs.ts'
import type { RemovalParts } from '../points/remove-points.ts'

/** Held while one of several servers does it. */
const lockNumber = 0x436f6668

/** Binds points that have come to fit a hold, and has every vault told that does not know of its holds yet. Resolves to how many vaults. */
export async function startDueHolds(parts: RemovalParts): Promise<number> {
  return parts.catalogue.transaction().execute(async (within) => {
    await sql`select pg_advisory_xact_lock(${lockNumber})`.execute(within)
    const holds = await within
      .selectFrom('hold')
      .select(['id', 'projectId', 'query', 'state'])
      .where('state', '<>', 'CANCELED')
      .orderBy('id')
      .execute()
    for (const { id, projectId, query, state } of holds)
      if (state !== 'CANCELING') await bindPresent({ id, projectId, query: query as HoldQuery }, within)
    // Points that are gone meanwhile are no reason to wait.
    await settleHolds(
      holds.map(({ id }) => id),
      within,
    )
    return startHoldJobs(parts, { createdBy: 'system:holds', isRepeated: true }, within)
  })
}
