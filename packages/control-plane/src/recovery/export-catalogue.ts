import { throwIfAborted } from '@coffre/foundation'
import { type ControlledTransaction, sql } from 'kysely'
import type { Catalogue, Database } from '../catalogue/database.ts'

/** What a backup of the catalogue begins with. */
export interface ExportHeader {
  readonly coffre: 1
  /** Of the program that made it. */
  readonly version: string
  readonly madeAt: string
  /** The name of the last migration: how the tables are laid out. */
  readonly layout: string
}

/** So many rows are in memory at a time. */
const rowsAtOnce = 200

/**
 * All tables as they are at one instant, as lines of JSON: the header; for each table an object with its name and its columns, then an
 * array of texts for each row, as PostgreSQL writes its values; last an object that counts the rows. What is written meanwhile is not in
 * it and waits for nobody.
 */
export async function* exportCatalogue(
  catalogue: Catalogue,
  { version, madeAt }: Pick<ExportHeader, 'version' | 'madeAt'>,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const transaction = await catalogue.startTransaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute()
  try {
    await fixTextForms(transaction)
    yield lineOf({ coffre: 1, version, madeAt, layout: await layoutOf(transaction) } satisfies ExportHeader)
    let rows = 0
    for (const table of await tablesOf(transaction)) {
      yield lineOf(table)
      for await (const lines of rowsOf(transaction, table)) {
        throwIfAborted(signal)
        rows += lines.length
        yield Buffer.from(`${lines.join('\n')}\n`)
      }
    }
    yield lineOf({ rows })
  } finally {
    // It has read only.
    await transaction.rollback().execute()
  }
}

export interface ExportedTable {
  readonly table: string
  readonly columns: readonly { readonly name: string; readonly type: string }[]
}

/** All tables of the catalogue but those that tell of its layout. */
export async function tablesOf(within: Catalogue): Promise<ExportedTable[]> {
  const { rows } = await sql<ExportedTable>`
    select pg_class.relname as table,
      json_agg(json_build_object('name', attname, 'type', format_type(atttypid, atttypmod)) order by attnum) as columns
    from pg_class join pg_attribute on attrelid = pg_class.oid and attnum > 0 and not attisdropped and attgenerated = ''
    where relkind = 'r' and relnamespace = current_schema()::regnamespace and relname not like 'kysely\\_migration%'
    group by relname order by relname`.execute(within)
  return rows
}

/** The name of the last migration. */
export async function layoutOf(within: Catalogue): Promise<string> {
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name desc limit 1`.execute(within)
  return rows[0]?.name ?? ''
}

/** What a value is written as must not depend on settings of the server. */
async function fixTextForms(within: Catalogue): Promise<void> {
  await sql`set local timezone = 'UTC'`.execute(within)
  await sql`set local datestyle = 'ISO, YMD'`.execute(within)
  await sql`set local bytea_output = 'hex'`.execute(within)
  await sql`set local extra_float_digits = 1`.execute(within)
}

async function* rowsOf(transaction: ControlledTransaction<Database>, { table, columns }: ExportedTable): AsyncGenerator<string[]> {
  const texts = sql.join(columns.map(({ name }) => sql`${sql.ref(name)}::text`))
  await sql`declare exported no scroll cursor for select json_build_array(${texts})::text as line from ${sql.table(table)}`.execute(
    transaction,
  )
  for (;;) {
    const { rows } = await sql<{ line: string }>`fetch ${sql.lit(rowsAtOnce)} from exported`.execute(transaction)
    if (rows.length === 0) break
    yield rows.map(({ line }) => line)
  }
  await sql`close exported`.execute(transaction)
}

function lineOf(value: object): Buffer {
  return Buffer.from(`${JSON.stringify(value)}\n`)
}
