import { CoffreError, throwIfAborted } from '@coffre/foundation'
import { sql, type Transaction } from 'kysely'
import { z } from 'zod'
import type { Database } from '../catalogue/database.ts'
import { type ExportedTable, type ExportHeader, layoutOf, tablesOf } from './export-catalogue.ts'

const headerSchema = z.object({ coffre: z.literal(1), version: z.string(), madeAt: z.iso.datetime(), layout: z.string() })
const tableSchema = z.object({ table: z.string(), columns: z.array(z.object({ name: z.string(), type: z.string() })) })
const endSchema = z.object({ rows: z.int() })

const batchCharactersMax = 1 << 20

/**
 * Fills the tables of an empty catalogue with what `exportCatalogue` wrote, in the caller's transaction: it is there whole, references
 * between rows included, or not at all. Resolves to what the export says of itself.
 */
export async function importCatalogue(
  lines: AsyncIterable<string>,
  within: Transaction<Database>,
  signal: AbortSignal,
): Promise<ExportHeader> {
  const known = new Map((await tablesOf(within)).map((table) => [table.table, table]))
  const references = await deferReferences(within)
  let header: ExportHeader | undefined
  let batch: Batch | undefined
  let rows = 0
  let isWhole = false
  for await (const line of lines) {
    throwIfAborted(signal)
    if (isWhole) throw unknownExport('there is something after its end')
    if (line.startsWith('[')) {
      if (batch === undefined) throw unknownExport('it has rows of no table')
      rows++
      await batch.add(line)
      continue
    }
    await batch?.flush()
    batch = undefined
    const value = parse(line)
    if (header === undefined) header = await checkHeader(value, within)
    else if (tableSchema.safeParse(value).success) batch = new Batch(knownTable(tableSchema.parse(value), known), within)
    else isWhole = endSchema.safeParse(value).data?.rows === rows
  }
  if (header === undefined || !isWhole) throw unknownExport(`it ends after ${rows} rows, without its end`)
  await sql`set constraints all immediate`.execute(within)
  await references.restore()
  await restartSequences(within)
  return header
}

/** Rows of one table that go in together. */
class Batch {
  readonly #insert: (rows: string) => Promise<unknown>
  #lines: string[] = []
  #characters = 0

  constructor({ table, columns }: ExportedTable, within: Transaction<Database>) {
    const names = sql.join(columns.map(({ name }) => sql.ref(name)))
    // Types come from the catalogue itself, never from the export.
    const values = sql.join(columns.map(({ type }, at) => sql`(line->>${sql.lit(at)})::${sql.raw(type)}`))
    this.#insert = (rows) =>
      sql`insert into ${sql.table(table)} (${names}) overriding system value
        select ${values} from jsonb_array_elements(${rows}::jsonb) with ordinality as row (line, place) order by place`.execute(
        within,
      )
  }

  async add(line: string): Promise<void> {
    this.#lines.push(line)
    this.#characters += line.length
    if (this.#characters > batchCharactersMax) await this.flush()
  }

  async flush(): Promise<void> {
    if (this.#lines.length > 0) await this.#insert(`[${this.#lines.join(',')}]`)
    this.#lines = []
    this.#characters = 0
  }
}

async function checkHeader(value: unknown, within: Transaction<Database>): Promise<ExportHeader> {
  const { data: header } = headerSchema.safeParse(value)
  if (header === undefined) throw unknownExport('it does not begin as one')
  const layout = await layoutOf(within)
  if (header.layout === layout) return header
  throw new CoffreError(
    header.layout > layout ? 'catalogue.newer' : 'repository.format-old',
    `the backup of the catalogue was made by Coffre ${header.version} (${header.layout}), this version has ${layout}`,
    { hint: `Nothing was changed. Restore it with Coffre ${header.version}; then start the version that you want.` },
  )
}

function knownTable({ table, columns }: ExportedTable, known: ReadonlyMap<string, ExportedTable>): ExportedTable {
  const own = known.get(table)
  const types = new Map(own?.columns.map(({ name, type }) => [name, type]))
  return {
    table,
    columns: columns.map(({ name }) => {
      const type = types.get(name)
      if (type === undefined) throw unknownExport(`this version has no ${table}.${name}`)
      return { name, type }
    }),
  }
}

/** References are checked at the end, as rows come in no order that they could do with. */
async function deferReferences(within: Transaction<Database>): Promise<{ restore(): Promise<void> }> {
  const { rows } = await sql<{ table: string; name: string }>`
    select relname as table, conname as name from pg_constraint join pg_class on pg_class.oid = conrelid
    where contype = 'f' and not condeferrable and relnamespace = current_schema()::regnamespace`.execute(within)
  const alter = async (how: 'deferrable initially deferred' | 'not deferrable'): Promise<void> => {
    for (const { table, name } of rows)
      await sql`alter table ${sql.table(table)} alter constraint ${sql.id(name)} ${sql.raw(how)}`.execute(within)
  }
  await alter('deferrable initially deferred')
  return { restore: () => alter('not deferrable') }
}

async function restartSequences(within: Transaction<Database>): Promise<void> {
  const { rows } = await sql<{ table: string; column: string; sequence: string }>`
    select relname as table, attname as column, pg_get_serial_sequence(relname, attname) as sequence
    from pg_attribute join pg_class on pg_class.oid = attrelid
    where attidentity <> '' and relkind = 'r' and relnamespace = current_schema()::regnamespace`.execute(within)
  for (const { table, column, sequence } of rows)
    await sql`select setval(${sequence}::regclass, coalesce(max(${sql.ref(column)}), 0) + 1, false) from ${sql.table(table)}`.execute(
      within,
    )
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch (error) {
    throw unknownExport('it has a line that is no JSON', error)
  }
}

function unknownExport(problem: string, cause?: unknown): CoffreError {
  return new CoffreError('repository.damaged', `the backup of the catalogue makes no sense: ${problem}`, {
    hint: 'Nothing was changed. Make a new catalogue from the vaults with `coffre catalogue rebuild`.',
    cause,
  })
}
