import { type Kysely, sql } from 'kysely'

/** Users, their sessions and second factors. Nothing in these tables signs anybody in: tokens and codes are hashes, secrets sealed. */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await statement.execute(db)
}

const statements = [
  sql`create table user_account (
    id uuid primary key,
    org_id uuid not null references org,
    -- What is typed to sign in, in lower case.
    name text not null unique,
    display_name text not null,
    -- Argon2id in PHC form; null until the user has chosen a password.
    password_hash text,
    password_changed_at timestamptz,
    created_at timestamptz not null,
    created_by text not null,
    disabled_at timestamptz
  )`,
  sql`create index user_account_org on user_account (org_id)`,

  sql`create table two_factor (
    user_id uuid primary key references user_account on delete cascade,
    secret_id uuid not null references secret,
    created_at timestamptz not null,
    -- Null until a first code has proved that the application has the secret.
    confirmed_at timestamptz,
    -- The last time step whose code was used: no step counts twice.
    last_step bigint not null
  )`,
  sql`create table recovery_code (
    user_id uuid not null references two_factor on delete cascade,
    code_hash bytea not null,
    primary key (user_id, code_hash)
  )`,

  sql`create table session (
    id uuid primary key,
    user_id uuid not null references user_account,
    token_hash bytea not null unique,
    created_at timestamptz not null,
    last_used_at timestamptz not null,
    expires_at timestamptz not null,
    -- Where and with what it began, for its owner to recognise; it is not bound to them.
    address inet,
    user_agent text,
    second_factor_at timestamptz,
    revoked_at timestamptz
  )`,
  sql`create index session_of_user on session (user_id, created_at)`,

  // For the first user of all when user_id is null, else to choose a password.
  sql`create table one_time_token (
    id uuid primary key,
    org_id uuid not null references org,
    user_id uuid references user_account,
    token_hash bytea not null unique,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz
  )`,
]
