import type { Context } from '@coffre/foundation'
import { sql } from 'kysely'
import type { Catalogue } from '../catalogue/database.ts'
import type { AuditSink } from './audit-sink.ts'
import { listAudit } from './audit-view.ts'

const key = 'audit.exported'
const batchEntries = 500
/** Held while a batch goes out: of several servers one exports, and each entry follows the one before it. */
const lockNumber = 0x436f6665

/**
 * Sends what came to an organisation's audit log since the last time, the oldest first. What was sent is noted only afterwards: a
 * receiver may get an entry again, and knows it by its number; it never misses one. Resolves to how many went out.
 */
export async function exportAudit(
  catalogue: Catalogue,
  context: Context,
  orgId: string,
  sink: AuditSink,
  signal: AbortSignal,
): Promise<number> {
  let total = 0
  for (;;) {
    const sent = await catalogue.transaction().execute(async (transaction) => {
      const { rows } = await sql<{ free: boolean }>`select pg_try_advisory_xact_lock(${lockNumber}) as free`.execute(transaction)
      if (rows[0]?.free !== true) return 0
      const setting = await transaction
        .selectFrom('setting')
        .select('value')
        .where('orgId', '=', orgId)
        .where('projectId', 'is', null)
        .where('key', '=', key)
        .executeTakeFirst()
      const { number: after = 0 } = (setting?.value ?? {}) as { readonly number?: number }
      const entries = await listAudit(catalogue, { orgId }, {}, { after, limit: batchEntries, order: 'oldest-first' })
      const last = entries.at(-1)
      if (last === undefined) return 0
      await sink.write(
        entries.map((entry) => JSON.stringify(entry)),
        signal,
      )
      const value = JSON.stringify({ number: last.number })
      const changed = { value, changedAt: new Date(context.clock.nowMs()), changedBy: 'system' }
      await transaction
        .insertInto('setting')
        .values({ orgId, projectId: null, key, ...changed })
        .onConflict((conflict) => conflict.columns(['orgId', 'projectId', 'key']).doUpdateSet(changed))
        .execute()
      return entries.length
    })
    total += sent
    if (sent < batchEntries) return total
  }
}
