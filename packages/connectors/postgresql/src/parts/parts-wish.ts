import type { RestoreRequest } from '@coffre/connector'
import { CoffreError } from '@coffre/foundation'
import type { PartsOptions } from '../restore/restore-options.ts'
import { parseRelationName } from './relation-name.ts'

/** What is to be restored into a running server. */
export type PartsWish =
  | {
      readonly kind: 'tables'
      readonly tables: readonly string[]
      /** The database that they come from. */
      readonly database: string
      /** The schema that they go to; undefined for those that they come from. */
      readonly schema: string | undefined
    }
  /** Undefined: all that there are. */
  | { readonly kind: 'databases'; readonly names: readonly string[] | undefined }

/** Reads what a request says of parts; `database` is the one that the target's address names. `usage.invalid` when it makes no sense. */
export function partsWishOf(
  { parts, overwrite }: Pick<RestoreRequest, 'parts' | 'overwrite'>,
  options: PartsOptions,
  database: string,
): PartsWish {
  if (overwrite) throw wrong('nothing of a running server is overwritten', 'Leave --overwrite away, and rename what is in the way.')
  if (parts === undefined) {
    if (options.schema !== undefined) throw wrong('a schema is for tables', 'Name them with --tables.')
    if (options.database !== undefined) throw wrong('a database to take tables from is for tables', 'Name them with --tables.')
    return { kind: 'databases', names: options.databases }
  }
  if (options.databases !== undefined) throw wrong('either tables are restored or databases', 'Name one of both.')
  if (parts.length === 0) throw wrong('no table is named', 'Name one with --tables schema.table.')
  for (const part of parts) parseRelationName(part)
  return { kind: 'tables', tables: parts, database: options.database ?? database, schema: options.schema }
}

function wrong(message: string, hint: string): CoffreError {
  return new CoffreError('usage.invalid', message, { hint: `Nothing was changed. ${hint}` })
}
