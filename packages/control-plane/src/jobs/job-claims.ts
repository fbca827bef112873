import type { Context } from '@coffre/foundation'
import { sql, type Transaction } from 'kysely'
import type { Catalogue, Database } from '../catalogue/database.ts'
import type { Hold, Job, JobStore } from './job-store.ts'

/** How many jobs work on one vault at a time, unless said otherwise. */
export const jobsPerVault = 8

export interface ClaimLimits {
  /** How many jobs work on one vault at a time. */
  readonly jobsPerVault: number
}

/** Who looks for work. */
export interface Claimant {
  readonly workerId: string
  readonly leaseMs: number
  /** Its state folder's own name: jobs that need the files of one machine are for workers there. */
  readonly machine: string
  /** Captures, which go on for ever and are counted apart, instead of all other jobs. */
  readonly captures?: boolean
}

export interface Claim {
  readonly hold: Hold
  readonly job: Job
}

/** Held while a job is chosen and taken: that way limits hold, whatever the number of workers. */
const lockNumber = 0x436f666a

/**
 * Finds the next job to do: the most urgent one that is due, or whose worker is lost, and that its source and its vaults have room
 * for. One backup of a source at a time; a prune, and what changes a vault's state, alone of its kind on its vault. Restores, and
 * looks into what could be restored, wait for nobody.
 * Captures wait for nobody, and nobody for them.
 */
export class JobClaims {
  readonly #catalogue: Catalogue
  readonly #store: JobStore
  readonly #context: Context
  readonly #limits: ClaimLimits

  constructor(catalogue: Catalogue, store: JobStore, context: Context, limits: ClaimLimits) {
    this.#catalogue = catalogue
    this.#store = store
    this.#context = context
    this.#limits = limits
  }

  /** Undefined when there is nothing to do now. */
  async next({ workerId, leaseMs, machine, captures = false }: Claimant): Promise<Claim | undefined> {
    return this.#catalogue.transaction().execute(async (transaction) => {
      await sql`select pg_advisory_xact_lock(${lockNumber})`.execute(transaction)
      for (let before: string | undefined; ; ) {
        const id = await this.#candidate(machine, captures, transaction)
        if (id === undefined || id === before) return undefined
        before = id
        const hold = await this.#store.take(id, workerId, leaseMs, transaction)
        // Without a hold it has ended instead: too late, or asked to stop meanwhile.
        if (hold === undefined) continue
        return { hold, job: await transaction.selectFrom('job').selectAll().where('id', '=', id).executeTakeFirstOrThrow() }
      }
    })
  }

  /** Whether there is work for this machine, or there will be before `untilMs`. */
  async isWaiting(machine: string, untilMs: number): Promise<boolean> {
    const { rows } = await sql<{ found: boolean }>`
      select exists (
        select from job
        where (state in ('CREATED', 'PENDING', 'RETRYING') and not_before <= ${new Date(untilMs)}
            or state in ('RUNNING', 'ABORTING') and lease_until <= ${new Date(untilMs)})
          and coalesce(request->>'machine', ${machine}) = ${machine}
      ) as found`.execute(this.#catalogue)
    return rows[0]?.found ?? false
  }

  async #candidate(machine: string, captures: boolean, transaction: Transaction<Database>): Promise<string | undefined> {
    const now = new Date(this.#context.clock.nowMs())
    const { rows } = await sql<{ id: string }>`
      with busy as (
        select id, kind, source_id, vault_id, target_vault_id from job
        where state in ('RUNNING', 'ABORTING') and lease_until > ${now} and kind <> 'CAPTURE'
      )
      select job.id from job
      where (state in ('CREATED', 'PENDING', 'RETRYING') and not_before <= ${now}
          or state in ('RUNNING', 'ABORTING') and lease_until <= ${now})
        and (kind = 'CAPTURE') = ${captures}
        and coalesce(request->>'machine', ${machine}) = ${machine}
        and not exists (
          select from busy
          where busy.kind = job.kind
            and (job.kind = 'BACKUP' and busy.source_id = job.source_id
              or job.kind in ('PRUNE', 'EXPIRE', 'HOLD', 'RECORD', 'HEAL') and busy.vault_id = job.vault_id))
        and (job.kind in ('RESTORE', 'EXPLAIN', 'TIMELINE', 'CAPTURE') or ${this.#limits.jobsPerVault} > (
          select count(*) from busy
          where busy.vault_id in (job.vault_id, job.target_vault_id) or busy.target_vault_id in (job.vault_id, job.target_vault_id)))
      order by priority desc, not_before, created_at
      limit 1`.execute(transaction)
    return rows[0]?.id
  }
}
