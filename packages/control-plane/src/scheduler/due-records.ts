import { dayMs, hourMs, minuteMs } from '@coffre/foundation'
import { sql } from 'kysely'
import { machineFor } from '../jobs/machine-for.ts'
import type { RemovalParts } from '../points/remove-points.ts'
import { collectPolicy } from '../recovery/collect-policy.ts'
import { hashPolicy } from '../recovery/vault-records.ts'

/** Held while one of several servers does it. */
const lockNumber = 0x436f6672
/** Points change often; what a vault's tags do not say of the last ones can be missed for so long. */
const pointsMs = hourMs
/** How long a vault that could not be told is left alone. */
const pauseMs = 10 * minuteMs

/**
 * Makes a job for every vault that does not know the policy as it is, or has not been told of its points for a while: what a lost
 * catalogue is rebuilt from. Resolves to how many.
 */
export async function startDueRecords({ catalogue, store, context, machine }: RemovalParts): Promise<number> {
  const nowMs = context.clock.nowMs()
  const since = (agoMs: number): Date => new Date(nowMs - agoMs)
  const projects = await catalogue.selectFrom('project').select('id').execute()
  let jobs = 0
  for (const project of projects) {
    const policyHash = hashPolicy(await collectPolicy(catalogue, project.id))
    jobs += await catalogue.transaction().execute(async (within) => {
      await sql`select pg_advisory_xact_lock(${lockNumber})`.execute(within)
      const { rows } = await sql<UntoldVault>`
        select vault.id, vault.name, vault.location, vault.account_label, vault.region_label from vault
        left join vault_record told on told.vault_id = vault.id
        where vault.project_id = ${project.id} and vault.deletion_date is null and vault.state = 'AVAILABLE'
          and (told.vault_id is null or told.policy_hash <> ${policyHash} or told.recorded_at < ${since(dayMs)}
            or told.recorded_at < ${since(pointsMs)} and exists (
              select from point where point.vault_id = vault.id
                and greatest(point.completed_at, point.verified_at, point.deletion_date) > told.points_through))
          and not exists (
            select from job where job.vault_id = vault.id and job.kind = 'RECORD'
              and (job.state in ('CREATED', 'PENDING', 'RETRYING', 'RUNNING', 'ABORTING')
                or job.state <> 'COMPLETED' and job.completed_at > ${since(pauseMs)}))`.execute(within)
      for (const { id, name, location, ...labels } of rows) {
        const request = JSON.stringify({ machine: machineFor(machine, { location }) })
        const about = { projectId: project.id, ...labels, vaultId: id, vaultName: name }
        await store.create({ ...about, kind: 'RECORD', request, createdBy: 'system:records', priority: -5 }, within)
      }
      return rows.length
    })
  }
  return jobs
}

interface UntoldVault {
  readonly id: string
  readonly name: string
  readonly location: string
  readonly accountLabel: string
  readonly regionLabel: string
}
