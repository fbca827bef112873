import { type Context, minuteMs } from '@coffre/foundation'
import { sql, type Transaction } from 'kysely'
import type { Database } from '../catalogue/database.ts'
import type { JobStore } from '../jobs/job-store.ts'
import { machineFor } from '../jobs/machine-for.ts'

export interface HoldJobParts {
  readonly store: JobStore
  readonly context: Context
  /** Of this server's state folder. */
  readonly machine: string
}

/** How long a vault that could not be told of its holds is left alone. */
const pauseMs = 10 * minuteMs

/**
 * Makes a job for every vault that does not know yet what holds its points, or still holds what was lifted, unless one waits there.
 * `isRepeated` leaves alone also vaults where one is at work, or has just failed. Resolves to how many.
 */
export async function startHoldJobs(
  { store, context, machine }: HoldJobParts,
  order: { readonly createdBy: string; readonly isRepeated: boolean },
  within: Transaction<Database>,
): Promise<number> {
  const { createdBy, isRepeated } = order
  const since = new Date(context.clock.nowMs() - pauseMs)
  const { rows } = await sql<UntoldVault>`
    select id, name, location, project_id, account_label, region_label from vault
    where deletion_date is null and state = 'AVAILABLE'
      and exists (
        select from hold_point join hold on hold.id = hold_id join point on point.id = point_id
        where point.vault_id = vault.id and point.deletion_date is null
          and (hold.state in ('CREATING', 'ACTIVE') and hold_point.state = 'PENDING'
            or hold.state = 'CANCELING' and hold_point.state <> 'RELEASED'))
      and not exists (
        select from job where job.vault_id = vault.id and job.kind = 'HOLD'
          and (job.state in ('CREATED', 'PENDING', 'RETRYING')
            or ${isRepeated} and (job.state in ('RUNNING', 'ABORTING') or job.state <> 'COMPLETED' and job.completed_at > ${since})))
  `.execute(within)
  for (const { id, name, location, ...labels } of rows) {
    const request = JSON.stringify({ machine: machineFor(machine, { location }) })
    // Before backups: what is not in the vault is not held by the vault.
    await store.create({ ...labels, vaultId: id, vaultName: name, kind: 'HOLD', request, createdBy, priority: 10 }, within)
  }
  return rows.length
}

interface UntoldVault {
  readonly id: string
  readonly name: string
  readonly location: string
  readonly projectId: string
  readonly accountLabel: string
  readonly regionLabel: string
}
