import { type Kysely, sql } from 'kysely'

/** Whether a vault's storage keeps its lock, as the storage itself has told; and jobs that look for what was done to vaults. */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await statement.execute(db)
}

const statements = [
  sql`alter table vault add column storage_locks boolean not null default false`,
  sql`alter table job drop constraint job_kind_check`,
  sql`alter table job add constraint job_kind_check check (kind in
    ('BACKUP', 'COPY', 'RESTORE', 'VERIFY', 'PRUNE', 'EXPIRE', 'HOLD', 'RECORD', 'HEAL', 'CATALOGUE_BACKUP'))`,
]
