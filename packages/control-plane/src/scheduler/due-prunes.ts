import { dayMs } from '@coffre/foundation'
import { sql } from 'kysely'
import { machineFor } from '../jobs/machine-for.ts'
import type { RemovalParts } from '../points/remove-points.ts'
import { isIdleLog } from '../streams/idle-logs.ts'

const pauseMs = dayMs

/**
 * Makes a prune for every vault that points, or old backups of the catalogue, have left since its last one, or whose last one has left
 * candidates to sweep, or that has log of which no capture takes care any more; each vault once a day at most. Resolves to how many.
 */
export async function startDuePrunes({ catalogue, store, context, machine }: RemovalParts): Promise<number> {
  const since = new Date(context.clock.nowMs() - pauseMs)
  return catalogue.transaction().execute(async (transaction) => {
    // Of several servers one decides at a time.
    await sql`select pg_advisory_xact_lock(${lockNumber})`.execute(transaction)
    const { rows } = await sql<{ id: string; name: string; location: string }>`
      select vault.id, vault.name, vault.location
      from vault
      left join lateral (
        select created_at, state, result from job
        where job.vault_id = vault.id and job.kind = 'PRUNE' order by created_at desc limit 1
      ) prune on true
      where vault.deletion_date is null and vault.state = 'AVAILABLE'
        and (prune.created_at is null or prune.created_at < ${since})
        and (coalesce((prune.result->>'candidates')::integer - (prune.result->>'removedPacks')::integer, 0) > 0
          or exists (
            select from job
            where job.vault_id = vault.id and job.state in ('COMPLETED', 'PARTIAL')
              and (job.kind = 'EXPIRE' or job.kind = 'CATALOGUE_BACKUP' and (job.result->>'removed')::integer > 0)
              and (prune.created_at is null or job.completed_at > prune.created_at))
          or exists (select from stream where stream.vault_id = vault.id and ${isIdleLog}))`.execute(transaction)
    for (const vault of rows) {
      const labels = await transaction
        .selectFrom('vault')
        .select(['projectId', 'accountLabel', 'regionLabel'])
        .where('id', '=', vault.id)
        .executeTakeFirstOrThrow()
      const request = JSON.stringify({ machine: machineFor(machine, vault) })
      const about = { vaultId: vault.id, vaultName: vault.name }
      await store.create({ ...labels, ...about, kind: 'PRUNE', request, createdBy: 'system:retention', priority: -10 }, transaction)
    }
    return rows.length
  })
}

const lockNumber = 0x436f6670
