import { type Kysely, sql } from 'kysely'

/** What a restore signs in with is kept while its job is there to use it, and no longer. */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`alter table job add column secret_id uuid references secret`.execute(db)
}
