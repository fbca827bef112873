import { type Kysely, sql } from 'kysely'

/**
 * Occurrences, jobs, points, holds. What a job or a point was made by is copied into it by value: plans change, history does not.
 */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await statement.execute(db)
}

const statements = [
  // One row for each instant at which a rule fell due, whoever recorded it: the key makes it one.
  sql`create table occurrence (
    id uuid primary key,
    rule_id uuid not null references rule,
    due_at timestamptz not null,
    disposition text not null check (disposition in ('RUN', 'MISSED')),
    reason text,
    start_by timestamptz,
    complete_by timestamptz,
    recorded_at timestamptz not null,
    unique (rule_id, due_at)
  )`,

  sql`create table worker (
    id uuid primary key,
    hostname text not null,
    pid integer not null,
    version text not null,
    started_at timestamptz not null,
    seen_at timestamptz not null
  )`,

  sql`create table job (
    id uuid primary key,
    hex_id hex_id not null unique,
    project_id uuid not null references project,
    account_label text not null,
    region_label text not null,
    kind text not null check (kind in ('BACKUP', 'COPY', 'RESTORE', 'VERIFY', 'PRUNE', 'EXPIRE', 'CATALOGUE_BACKUP')),
    state text not null check (state in
      ('CREATED', 'PENDING', 'RUNNING', 'RETRYING', 'ABORTING', 'ABORTED', 'COMPLETED', 'PARTIAL', 'FAILED', 'EXPIRED')),
    message text,
    message_category text,
    source_id uuid references source,
    source_name text,
    vault_id uuid references vault,
    vault_name text,
    target_vault_id uuid references vault,
    plan_id uuid references plan,
    plan_name text,
    plan_version_id uuid references plan_version,
    plan_version_number integer,
    rule_id uuid references rule,
    rule_name text,
    rule_schedule text,
    rule_time_zone text,
    occurrence_id uuid references occurrence,
    parent_job_id uuid references job,
    is_parent boolean not null default false,
    child_count integer not null default 0,
    request jsonb not null,
    result jsonb,
    error jsonb,
    role_arn text,
    priority integer not null default 0,
    -- Counts takers: whoever commits must still be the last one.
    attempt integer not null default 0,
    attempts_max integer not null default 3,
    not_before timestamptz not null,
    worker_id uuid references worker,
    lease_until timestamptz,
    percent real not null default 0 check (percent between 0 and 100),
    bytes_done bigint not null default 0,
    bytes_total bigint,
    items_done bigint not null default 0,
    items_total bigint,
    expected_end_at timestamptz,
    start_by timestamptz,
    complete_by timestamptz,
    created_at timestamptz not null,
    created_by text not null,
    started_at timestamptz,
    completed_at timestamptz,
    check ((worker_id is null) = (lease_until is null))
  )`,
  sql`create unique index job_occurrence on job (occurrence_id, source_id)`,
  sql`create index job_waiting on job (priority desc, not_before) where state in ('CREATED', 'PENDING', 'RETRYING')`,
  sql`create index job_leased on job (lease_until) where lease_until is not null`,
  sql`create index job_recent on job (project_id, created_at desc, id)`,
  sql`create index job_source on job (source_id, created_at desc)`,
  sql`create index job_parent on job (parent_job_id)`,

  // The dated history that events, metrics and summaries are made from.
  sql`create table job_state (
    job_id uuid not null references job,
    number integer not null,
    state text not null,
    message text,
    attempt integer not null,
    at timestamptz not null,
    primary key (job_id, number)
  )`,
  sql`create index job_state_at on job_state (at)`,
  sql`create table job_log (
    job_id uuid not null references job,
    number bigint generated always as identity,
    at timestamptz not null,
    level text not null check (level in ('info', 'warning', 'error')),
    message text not null,
    primary key (job_id, number)
  )`,

  sql`create table point (
    id uuid primary key,
    hex_id hex_id not null unique,
    project_id uuid not null references project,
    account_label text not null,
    region_label text not null,
    source_id uuid references source,
    source_name text not null,
    engine text not null,
    vault_id uuid not null references vault,
    vault_name text not null,
    snapshot_id text not null check (snapshot_id ~ '^[a-f0-9]{64}$'),
    source_vault_id uuid references vault,
    source_point_id uuid references point,
    state text not null check (state in
      ('CREATING', 'AVAILABLE', 'COMPLETED', 'PARTIAL', 'STOPPED', 'EXPIRED', 'DELETING')),
    message text,
    parent_point_id uuid references point,
    is_parent boolean not null default false,
    member_id text,
    initiated_at timestamptz not null,
    created_at timestamptz not null,
    completed_at timestamptz,
    -- The instant that the data shows, by the source's clock.
    consistent_at timestamptz,
    size_bytes bigint not null,
    stored_bytes bigint,
    items bigint,
    manifest jsonb,
    verification text not null default 'PENDING' check (verification in ('PENDING', 'STRUCTURE', 'SAMPLED', 'FULL', 'FAILED')),
    verified_at timestamptz,
    quarantine text,
    -- As fixed when the point was committed, except where a longer one was asked for.
    lifecycle jsonb not null,
    keep_levels text[] not null default '{}',
    keep_zone text not null,
    delete_at timestamptz,
    move_to_cold_at timestamptz,
    lock_until timestamptz,
    storage_class text not null default 'WARM' check (storage_class in ('WARM', 'COLD')),
    is_continuous boolean not null default false,
    is_on_demand boolean not null,
    description text,
    restore_metadata jsonb,
    last_restore_at timestamptz,
    index_status text,
    index_status_message text,
    index_created_at timestamptz,
    index_deleted_at timestamptz,
    index_item_count bigint,
    scan_result jsonb,
    plan_id uuid references plan,
    plan_name text,
    plan_version_id uuid references plan_version,
    rule_id uuid references rule,
    rule_name text,
    rule_schedule text,
    rule_time_zone text,
    job_id uuid references job,
    deletion_date timestamptz
  )`,
  sql`create unique index point_snapshot on point (vault_id, snapshot_id) where deletion_date is null`,
  // What makes a retried job's commit one commit.
  sql`create unique index point_job on point (job_id)`,
  sql`create index point_source on point (source_id, completed_at desc) where deletion_date is null`,
  sql`create index point_vault on point (vault_id, created_at desc) where deletion_date is null`,
  sql`create index point_recent on point (project_id, created_at desc, id) where deletion_date is null`,

  sql`create table hold (
    id uuid primary key,
    project_id uuid not null references project,
    title text not null,
    description text not null,
    state text not null check (state in ('CREATING', 'ACTIVE', 'CANCELING', 'CANCELED')),
    query jsonb not null,
    creator_request_id text,
    created_at timestamptz not null,
    created_by text not null,
    cancelled_at timestamptz,
    cancel_reason text,
    -- How long the record of a cancelled hold is kept.
    retain_record_until timestamptz
  )`,
  sql`create unique index hold_request on hold (project_id, creator_request_id)`,
  sql`create table hold_point (
    hold_id uuid not null references hold,
    point_id uuid not null references point,
    primary key (hold_id, point_id)
  )`,
  sql`create index hold_point_point on hold_point (point_id)`,
]
