import { sql, type Transaction } from 'kysely'
import type { Database } from '../catalogue/database.ts'

/**
 * What was under way when a catalogue was backed up is over once it is restored: nothing is done a second time, nobody stays signed in,
 * no approval counts twice. Verifications are done by the new server.
 */
export async function endOldWork(machine: string, now: Date, within: Transaction<Database>): Promise<void> {
  const message = 'the catalogue was restored from a backup'
  const secrets = await within.selectFrom('job').select('secretId').where('secretId', 'is not', null).execute()
  await sql`
    with waiting as (
      update job set request = jsonb_set(request, '{machine}', to_jsonb(${machine}::text)),
        state = 'PENDING', worker_id = null, lease_until = null, not_before = ${now}
      where kind = 'VERIFY' and completed_at is null and state not in ('COMPLETED', 'PARTIAL', 'FAILED', 'ABORTED', 'EXPIRED', 'ABORTING')
      returning id, state, attempt
    ), ended as (
      update job set state = 'ABORTED', worker_id = null, lease_until = null, completed_at = ${now}, message = ${message},
        secret_id = null
      where state in ('CREATED', 'PENDING', 'RUNNING', 'RETRYING', 'ABORTING') and (kind <> 'VERIFY' or state = 'ABORTING')
      returning id, state, attempt
    )
    insert into job_state (job_id, number, state, message, attempt, at)
    select id, 1 + coalesce((select max(number) from job_state where job_id = moved.id), 0), state, ${message}, attempt, ${now}
    from (select * from waiting union all select * from ended) moved`.execute(within)
  const secretIds = secrets.flatMap(({ secretId }) => secretId ?? [])
  if (secretIds.length > 0) await within.deleteFrom('secret').where('id', 'in', secretIds).execute()
  // Whoever was removing them is gone: retention decides anew.
  await within
    .updateTable('point')
    .set({ state: 'COMPLETED' })
    .where('state', '=', 'DELETING')
    .where('deletionDate', 'is', null)
    .execute()
  await within.updateTable('session').set({ revokedAt: now }).where('revokedAt', 'is', null).execute()
  await within.updateTable('oneTimeToken').set({ usedAt: now }).where('usedAt', 'is', null).execute()
  await within.updateTable('approval').set({ state: 'EXPIRED' }).where('state', 'in', ['PENDING', 'APPROVED']).execute()
}
