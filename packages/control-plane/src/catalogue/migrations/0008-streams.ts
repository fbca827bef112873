import { type Kysely, sql } from 'kysely'

/** Continuous logs: what is known of each, the jobs that capture them, and those that look into what a vault has of them. */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await statement.execute(db)
}

const statements = [
  sql`alter table job drop constraint job_kind_check`,
  sql`alter table job add constraint job_kind_check check (kind in
    ('BACKUP', 'CAPTURE', 'COPY', 'RESTORE', 'EXPLAIN', 'TIMELINE', 'VERIFY', 'PRUNE', 'EXPIRE', 'HOLD', 'RECORD', 'HEAL',
     'CATALOGUE_BACKUP'))`,

  // One for each source and vault that its log goes to. Everything here is told by the capture; the vault itself is the truth.
  sql`create table stream (
    id uuid primary key,
    project_id uuid not null references project,
    source_id uuid not null references source,
    vault_id uuid not null references vault,
    log_name text not null,
    state text not null check (state in ('STARTING', 'CAPTURING', 'RETRYING', 'GAP', 'STOPPED')),
    epoch integer,
    -- When the epoch stood, and through where: bases that begin before that are not of it.
    epoch_at timestamptz,
    epoch_branch text,
    epoch_offset text,
    durable_branch text,
    durable_offset text,
    -- By the source's clock, and by that of the worker.
    window_through timestamptz,
    marked_at timestamptz,
    sealed_at timestamptz,
    clock_skew_ms bigint,
    captured_bytes bigint not null default 0,
    unfolded_bytes bigint not null default 0,
    anchor jsonb,
    -- Since when log is missing that no base has closed yet.
    gap_at timestamptz,
    error_code text,
    error_message text,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    unique (source_id, vault_id)
  )`,
  sql`create index stream_project on stream (project_id)`,
  sql`create unique index job_capture on job (source_id, vault_id)
    where kind = 'CAPTURE' and state in ('CREATED', 'PENDING', 'RETRYING', 'RUNNING', 'ABORTING')`,
]
