import { type RawBuilder, sql } from 'kysely'
import { isUuid } from './is-uuid.ts'

/** The condition that finds an object of `table` by what a person gave: its id, or its name. */
export function byIdOrName(table: 'vault' | 'source' | 'plan', idOrName: string): RawBuilder<boolean> {
  const name = sql<boolean>`${sql.ref(`${table}.name`)} = ${idOrName}`
  return isUuid(idOrName) ? sql<boolean>`(${name} or ${sql.ref(`${table}.id`)} = ${idOrName})` : name
}
