import type { RestoreRequest } from '@coffre/connector'
import { CoffreError } from '@coffre/foundation'
import type { PartsOptions } from '../restore/restore-options.ts'
import { parseRelationName, parseSchemaName } from './relation-name.ts'

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
  | {
      readonly kind: 'schemas'
      /** With all that is in them. */
      readonly schemas: readonly string[]
      /** The database that they come from. */
      readonly database: string
      /** What the one schema is called in the target; undefined for its own name, or theirs. */
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
  const { schemas, schema } = options
  if ([parts, schemas, options.databases].filter((some) => some !== undefined).length > 1)
    throw wrong('either tables are restored, or schemas, or databases', 'Name one of them.')
  if (schemas !== undefined) {
    if (schema !== undefined && schemas.length > 1)
      throw wrong(
        `${schemas.length} schemas cannot all become ${schema}`,
        'Restore them one after the other, or under their own names.',
      )
    const names = [...new Set(schemas.map(parseSchemaName))]
    return { kind: 'schemas', schemas: names, database: options.database ?? database, schema }
  }
  if (parts === undefined) {
    if (options.schema !== undefined)
      throw wrong('a schema is for tables', 'Name them with --tables, or a whole schema with --schemas.')
    if (options.database !== undefined) throw wrong('a database to take tables from is for tables', 'Name them with --tables.')
    return { kind: 'databases', names: options.databases }
  }
  if (parts.length === 0) throw wrong('no table is named', 'Name one with --tables schema.table.')
  for (const part of parts) parseRelationName(part)
  return { kind: 'tables', tables: parts, database: options.database ?? database, schema: options.schema }
}

function wrong(message: string, hint: string): CoffreError {
  return new CoffreError('usage.invalid', message, { hint: `Nothing was changed. ${hint}` })
}
