import { type Kysely, sql } from 'kysely'

/** Grants, keys, approvals, the audit chain, events and alarms. Users and their sessions come next. */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await statement.execute(db)
}

const statements = [
  // A principal is `user:<id>` or `key:<id>`. A grant without a project is the whole organisation's.
  sql`create table role_grant (
    id uuid primary key,
    org_id uuid not null references org,
    project_id uuid references project,
    principal text not null,
    role text not null check (role in
      ('viewer', 'operator', 'restore-operator', 'backup-administrator', 'security-officer', 'auditor')),
    granted_at timestamptz not null,
    granted_by text not null,
    unique nulls not distinct (principal, org_id, project_id, role)
  )`,

  // Bearer keys are kept as a hash. Keys that other protocols sign with must be known again and are sealed.
  sql`create table api_key (
    id uuid primary key,
    hex_id hex_id not null unique,
    org_id uuid not null references org,
    project_id uuid references project,
    name text not null,
    kind text not null check (kind in ('bearer', 'sigv4', 'digest', 'service-account')),
    public_id text not null unique,
    secret_hash bytea,
    secret_id uuid references secret,
    -- Names of operations or of groups of them; everything that the roles allow when null.
    scopes text[],
    created_at timestamptz not null,
    created_by text not null,
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz
  )`,

  sql`create table address_rule (
    id uuid primary key,
    org_id uuid not null references org,
    network cidr not null,
    description text not null,
    created_at timestamptz not null,
    created_by text not null,
    unique (org_id, network)
  )`,

  // One row for each principal or address that failed to sign in lately.
  sql`create table sign_in_failure (
    subject text primary key,
    failures integer not null,
    last_at timestamptz not null,
    locked_until timestamptz
  )`,

  sql`create table approval (
    id uuid primary key,
    project_id uuid not null references project,
    operation text not null,
    target_kind text not null,
    target_id uuid not null,
    request jsonb not null,
    reason text not null,
    state text not null check (state in ('PENDING', 'APPROVED', 'REJECTED', 'WITHDRAWN', 'EXPIRED', 'USED')),
    votes_needed integer not null check (votes_needed >= 1),
    requested_by text not null,
    requested_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz
  )`,
  sql`create table approval_vote (
    approval_id uuid not null references approval,
    principal text not null,
    verdict text not null check (verdict in ('APPROVE', 'REJECT')),
    comment text,
    at timestamptz not null,
    primary key (approval_id, principal)
  )`,

  sql`create table idempotency (
    principal text not null,
    operation text not null,
    token text not null,
    body_hash bytea not null,
    -- Null while the first request with this token is still at work.
    status integer,
    answer jsonb,
    created_at timestamptz not null,
    primary key (principal, operation, token)
  )`,
  sql`create index idempotency_age on idempotency (created_at)`,

  // Each entry's hash covers the one before. Rows are never updated or deleted, by anybody.
  sql`create table audit_entry (
    number bigint primary key,
    at timestamptz not null,
    org_id uuid not null references org,
    project_id uuid references project,
    principal text not null,
    operation text not null,
    target text,
    outcome text not null check (outcome in ('ALLOWED', 'DENIED', 'FAILED')),
    code text,
    detail jsonb not null,
    address inet,
    request_id text,
    previous_hash bytea not null,
    hash bytea not null
  )`,
  sql`create index audit_at on audit_entry (at)`,
  sql`create index audit_project on audit_entry (project_id, number desc)`,
  sql`create function refuse_change() returns trigger language plpgsql as $$
    begin raise exception 'rows of % are never changed', tg_table_name; end $$`,
  sql`create trigger audit_entry_is_final before update or delete or truncate on audit_entry
    for each statement execute function refuse_change()`,
  sql`create table audit_anchor (
    number bigint primary key references audit_entry,
    hash bytea not null,
    vault_id uuid not null references vault,
    object_name text not null,
    version_id text,
    at timestamptz not null
  )`,

  sql`create table event (
    number bigint generated always as identity primary key,
    at timestamptz not null,
    org_id uuid not null references org,
    project_id uuid references project,
    kind text not null,
    subject_kind text not null,
    subject_id uuid not null,
    detail jsonb not null
  )`,
  sql`create index event_at on event (at)`,
  sql`create table alarm (
    id uuid primary key,
    hex_id hex_id not null unique,
    org_id uuid not null references org,
    project_id uuid references project,
    kind text not null,
    subject_kind text not null,
    subject_id uuid,
    severity text not null check (severity in ('warning', 'critical')),
    message text not null,
    detail jsonb not null,
    raised_at timestamptz not null,
    seen_at timestamptz not null,
    acknowledged_until timestamptz,
    acknowledged_by text,
    cleared_at timestamptz
  )`,
  // While it stands, the same trouble is the same alarm.
  sql`create unique index alarm_standing on alarm (kind, subject_kind, subject_id) nulls not distinct where cleared_at is null`,

  sql`create table setting (
    org_id uuid not null references org,
    project_id uuid references project,
    key text not null,
    value jsonb not null,
    changed_at timestamptz not null,
    changed_by text not null,
    unique nulls not distinct (org_id, project_id, key)
  )`,
]
