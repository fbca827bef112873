import { type RawBuilder, sql } from 'kysely'
import type { Catalogue } from '../catalogue/database.ts'
import { activeJobStates } from '../jobs/job-transitions.ts'
import type { LogPlace } from './needed-log.ts'

/** In a query with `stream`: whether nobody captures the log of its name any more, which nothing but a prune tidies then. */
export const isIdleLog: RawBuilder<boolean> = sql`not exists (
  select from job join stream as other on other.source_id = job.source_id and other.vault_id = job.vault_id
  where job.kind = 'CAPTURE' and job.state in (${sql.join(activeJobStates)})
    and other.vault_id = stream.vault_id and other.log_name = stream.log_name)`

/** Of one vault. */
export async function idleLogs(catalogue: Catalogue, vaultId: string): Promise<LogPlace[]> {
  const { rows } = await sql<LogPlace>`
    select distinct project_id, vault_id, log_name from stream
    where vault_id = ${vaultId} and ${isIdleLog} order by log_name`.execute(catalogue)
  return rows
}
