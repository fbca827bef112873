import { type Kysely, sql } from 'kysely'

/** What vaults are told, so that they can do without the catalogue: which points are held, what there is to rebuild, what was logged. */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await statement.execute(db)
}

const statements = [
  sql`alter table job drop constraint job_kind_check`,
  sql`alter table job add constraint job_kind_check check (kind in
    ('BACKUP', 'COPY', 'RESTORE', 'VERIFY', 'PRUNE', 'EXPIRE', 'HOLD', 'RECORD', 'CATALOGUE_BACKUP'))`,

  // A hold that was found in a vault keeps the name that it has there.
  sql`alter table hold add column record_name text`,
  sql`alter table hold_point add column state text not null default 'PENDING' check (state in ('PENDING', 'HELD', 'RELEASED'))`,
  sql`create index hold_point_unsettled on hold_point (hold_id) where state <> 'HELD'`,
  sql`update hold_point set state = 'RELEASED' from hold where hold.id = hold_id and hold.state = 'CANCELED'`,
  sql`update hold set state = 'CREATING'
    where state = 'ACTIVE' and exists (select from hold_point where hold_id = hold.id)`,

  // What was last written into each vault for a rebuild.
  sql`create table vault_record (
    vault_id uuid primary key references vault,
    policy_hash bytea not null,
    -- Points that changed later are not in it.
    points_through timestamptz not null,
    recorded_at timestamptz not null
  )`,
]
