import { type Kysely, sql } from 'kysely'

/** Attempts that failed are counted apart from those whose worker was lost: only the former use up what a job may try. */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`alter table job add column failures integer not null default 0`.execute(db)
}
