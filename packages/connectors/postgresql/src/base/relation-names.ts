import { formatMember, type Member } from '../config.ts'
import { type Access, connect } from '../connection/connect.ts'
import { asSourceError } from '../connection/server-error.ts'

/** The names of a database's tables, for maps of the log: by file and by oid, as they were when the base was made. */
export interface DatabaseNames {
  readonly oid: number
  readonly name: string
  /** [oid, number of its file, name with its schema]. */
  readonly relations: readonly (readonly [number, number, string])[]
}

const databasesMax = 100
/** Of each database. Whoever has more finds the rest by number. */
const relationsMax = 10_000

const relationsQuery = `select c.oid::int8 as oid, pg_relation_filenode(c.oid)::int8 as file, n.nspname || '.' || c.relname as name
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'm') and c.oid >= 16384 order by c.oid limit ${relationsMax}`

/** One connection to each database. One that lets nobody in has no names, which a map can do without. */
export async function readRelationNames(
  access: Access,
  member: Member,
  databases: readonly { readonly oid: number; readonly name: string }[],
  signal: AbortSignal,
): Promise<readonly DatabaseNames[]> {
  const all: DatabaseNames[] = []
  for (const { oid, name } of databases.slice(0, databasesMax)) {
    const relations = await relationsOf(access, member, name, signal)
    all.push({ oid, name, relations })
  }
  return all
}

async function relationsOf(access: Access, member: Member, database: string, signal: AbortSignal) {
  try {
    const client = await connect(access, member, signal, { database })
    try {
      const { rows } = await client.query<{ oid: string; file: string | null; name: string }>(relationsQuery)
      return rows.map(({ oid, file, name }) => [Number(oid), Number(file ?? 0), name] as const)
    } finally {
      await client.end().catch(() => undefined)
    }
  } catch (error) {
    if (signal.aborted) throw asSourceError(error, formatMember(member))
    return []
  }
}
