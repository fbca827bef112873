import { type Kysely, sql } from 'kysely'

/**
 * Tenants, vaults, sources, plans. Ids are made by the server; `hex_id` is the second id that other APIs know an object by. Account
 * and region labels stand in every row of a tenant, as the names of a cloud would. Names are unique among what is not deleted.
 */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await statement.execute(db)
}

const statements = [
  sql`create domain hex_id as text check (value ~ '^[a-f0-9]{24}$')`,

  sql`create table org (
    id uuid primary key,
    hex_id hex_id not null unique,
    name text not null unique,
    created_at timestamptz not null
  )`,
  sql`create table project (
    id uuid primary key,
    hex_id hex_id not null unique,
    org_id uuid not null references org,
    name text not null,
    account_label text not null check (account_label ~ '^[0-9]{12}$'),
    region_label text not null,
    -- Floors that every schedule and retention of the project is checked against.
    compliance_policy jsonb,
    created_at timestamptz not null,
    unique (org_id, name)
  )`,

  // Sealed with the server's master key; the id is part of what is authenticated, so that secrets cannot be swapped.
  sql`create table secret (
    id uuid primary key,
    project_id uuid not null references project,
    purpose text not null,
    key_id text not null,
    sealed bytea not null,
    created_at timestamptz not null
  )`,

  sql`create table vault (
    id uuid primary key,
    project_id uuid not null references project,
    account_label text not null,
    region_label text not null,
    name text not null,
    kind text not null check (kind in ('BACKUP_VAULT', 'LOGICALLY_AIR_GAPPED_BACKUP_VAULT')),
    state text not null check (state in ('CREATING', 'AVAILABLE', 'FAILED', 'UNREACHABLE')),
    location text not null,
    repository_id text,
    classification text check (classification in ('public', 'internal', 'confidential', 'restricted')),
    encryption_key_label text,
    creator_request_id text,
    -- The random password of Coffre's own key file, and the credentials of the two storage roles.
    key_secret_id uuid references secret,
    writer_secret_id uuid references secret,
    keeper_secret_id uuid references secret,
    lock_mode text check (lock_mode in ('governance', 'compliance')),
    min_retention_days integer check (min_retention_days >= 1),
    max_retention_days integer check (max_retention_days >= min_retention_days),
    changeable_for_days integer check (changeable_for_days >= 3),
    -- From here on a compliance lock can be changed by nobody. Set once.
    lock_date timestamptz,
    source_vault_id uuid references vault,
    access_policy text,
    notification_topic text,
    notification_events text[],
    created_at timestamptz not null,
    deletion_date timestamptz,
    check (lock_mode is not null or (min_retention_days is null and max_retention_days is null and lock_date is null))
  )`,
  sql`create unique index vault_name on vault (project_id, name) where deletion_date is null`,
  sql`create unique index vault_location on vault (location) where deletion_date is null`,
  sql`create unique index vault_request on vault (project_id, creator_request_id)`,

  sql`create table source (
    id uuid primary key,
    hex_id hex_id not null unique,
    zone_hex_id hex_id not null,
    replication_spec_hex_id hex_id not null,
    project_id uuid not null references project,
    account_label text not null,
    region_label text not null,
    name text not null,
    engine text not null,
    -- What the connector says identifies it: nothing is protected twice under two names.
    identity text not null,
    resource_arn text,
    config jsonb not null,
    secret_id uuid references secret,
    state text not null check (state in ('READY', 'CREDENTIALS_NEEDED', 'UNREACHABLE')),
    tier text,
    environment text,
    findings jsonb not null default '[]',
    checked_at timestamptz,
    created_at timestamptz not null,
    deletion_date timestamptz
  )`,
  sql`create unique index source_name on source (project_id, name) where deletion_date is null`,
  sql`create unique index source_identity on source (project_id, identity) where deletion_date is null`,
  sql`create unique index source_arn on source (project_id, resource_arn) where deletion_date is null`,

  // How Atlas sees the policy of a source: the plan made from it is derived.
  sql`create table source_schedule (
    source_id uuid primary key references source,
    reference_hour integer not null check (reference_hour between 0 and 23),
    reference_minute integer not null check (reference_minute between 0 and 59),
    restore_window_days integer not null check (restore_window_days >= 0),
    auto_export_enabled boolean not null,
    export jsonb,
    policy_hex_id hex_id not null,
    plan_id uuid not null
  )`,

  sql`create table tag (
    project_id uuid not null references project,
    object_kind text not null check (object_kind in ('vault', 'source', 'plan', 'point', 'hold')),
    object_id uuid not null,
    key text not null check (length(key) between 1 and 128),
    value text not null check (length(value) <= 256),
    primary key (object_id, key)
  )`,
  sql`create index tag_value on tag (project_id, object_kind, key, value)`,

  sql`create table plan (
    id uuid primary key,
    hex_id hex_id not null unique,
    project_id uuid not null references project,
    account_label text not null,
    region_label text not null,
    name text not null,
    creator_request_id text,
    version_id uuid not null,
    last_execution_at timestamptz,
    created_at timestamptz not null,
    deletion_date timestamptz
  )`,
  sql`create unique index plan_name on plan (project_id, name) where deletion_date is null`,
  sql`create unique index plan_request on plan (project_id, creator_request_id)`,

  // Never changed: jobs and points say which version made them.
  sql`create table plan_version (
    id uuid primary key,
    plan_id uuid not null references plan,
    number integer not null check (number >= 1),
    document text not null,
    plan jsonb not null,
    created_at timestamptz not null,
    created_by text not null,
    unique (plan_id, number)
  )`,
  sql`alter table plan add foreign key (version_id) references plan_version deferrable initially deferred`,
  sql`alter table source_schedule add foreign key (plan_id) references plan`,

  // A rule keeps its id for as long as its name stays in the plan.
  sql`create table rule (
    id uuid primary key,
    hex_id hex_id not null unique,
    plan_id uuid not null references plan,
    name text not null,
    definition jsonb not null,
    time_zone text not null,
    -- Where rates are counted from.
    anchor_at timestamptz not null,
    -- Every occurrence up to here is recorded.
    evaluated_through timestamptz not null,
    next_due_at timestamptz,
    deletion_date timestamptz
  )`,
  sql`create unique index rule_name on rule (plan_id, name) where deletion_date is null`,
  sql`create index rule_due on rule (next_due_at) where deletion_date is null`,

  sql`create table selection (
    id uuid primary key,
    hex_id hex_id not null unique,
    plan_id uuid not null references plan,
    name text not null,
    document jsonb not null,
    role_arn text,
    creator_request_id text,
    created_at timestamptz not null,
    deletion_date timestamptz
  )`,
  sql`create unique index selection_name on selection (plan_id, name) where deletion_date is null`,
]
