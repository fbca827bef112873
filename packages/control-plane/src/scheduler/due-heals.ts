import { dayMs } from '@coffre/foundation'
import { sql } from 'kysely'
import { machineFor } from '../jobs/machine-for.ts'
import type { RemovalParts } from '../points/remove-points.ts'

/** Held while one of several servers does it. */
const lockNumber = 0x436f6671

/**
 * Makes a look into every vault with a lock once a day, and into any vault in which a point turned out to be damaged since the last look.
 * Resolves to how many.
 */
export async function startDueHeals({ catalogue, store, context, machine }: RemovalParts): Promise<number> {
  const since = new Date(context.clock.nowMs() - dayMs)
  return catalogue.transaction().execute(async (within) => {
    await sql`select pg_advisory_xact_lock(${lockNumber})`.execute(within)
    const { rows } = await sql<VaultInDoubt>`
      select vault.id, vault.name, vault.location, vault.project_id, vault.account_label, vault.region_label
      from vault
      left join lateral (
        select created_at, state from job
        where job.vault_id = vault.id and job.kind = 'HEAL' order by created_at desc limit 1
      ) look on true
      where vault.deletion_date is null and vault.state = 'AVAILABLE'
        and (look.state is null or look.state not in ('CREATED', 'PENDING', 'RETRYING', 'RUNNING', 'ABORTING'))
        and (vault.lock_mode is not null and coalesce(look.created_at, vault.created_at) < ${since}
          or exists (
            select from job
            where job.vault_id = vault.id and job.kind = 'VERIFY' and job.state = 'FAILED'
              and (look.created_at is null or job.completed_at > look.created_at)))`.execute(within)
    for (const { id, name, location, ...labels } of rows) {
      const request = JSON.stringify({ machine: machineFor(machine, { location }), mends: true })
      const about = { ...labels, vaultId: id, vaultName: name }
      await store.create({ ...about, kind: 'HEAL', request, createdBy: 'system:heals', priority: -5 }, within)
    }
    return rows.length
  })
}

interface VaultInDoubt {
  readonly id: string
  readonly name: string
  readonly location: string
  readonly projectId: string
  readonly accountLabel: string
  readonly regionLabel: string
}
