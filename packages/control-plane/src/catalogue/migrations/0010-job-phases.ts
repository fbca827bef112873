import { type Kysely, sql } from 'kysely'

/** Whoever waits for a restore sees what it is at. */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`alter table job add column phase text check (phase in ('laying-out', 'fetching-log', 'replaying', 'loading', 'checking'))`.execute(
    db,
  )
}
