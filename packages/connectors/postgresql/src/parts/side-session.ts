import { CoffreError, isCoffreError } from '@coffre/foundation'
import { hasState } from '../connection/server-error.ts'
import { onDatabase } from '../verify/local-session.ts'
import type { Query } from './chosen-tables.ts'
import type { SideInstance } from './side-instance.ts'

/** What the original's own settings must not do to us: fire its event triggers, refuse changes, give up. */
const settings = [
  'set session_replication_role = replica',
  'set default_transaction_read_only = off',
  'set statement_timeout = 0',
  'set lock_timeout = 0',
  'set row_security = off',
  // Names are then always told with their schema.
  "set search_path = ''",
]

/** A session of a database of the side instance that may change everything. `usage.invalid` when there is no such database. */
export async function openSide<Result>(
  { server }: SideInstance,
  database: string,
  signal: AbortSignal,
  work: (query: Query) => Promise<Result>,
): Promise<Result> {
  try {
    return await onDatabase(server, database, signal, async (query) => {
      for (const setting of settings) await query(setting)
      return await work(query)
    })
  } catch (error) {
    if (hasState(error, '3D000')) {
      throw new CoffreError('usage.invalid', `there was no database ${database} at that time`, {
        hint: 'The target was not touched. Say with --database where the tables come from.',
      })
    }
    if (!isCoffreError(error, 'source.failed', 'source.credentials', 'source.unreachable')) throw error
    throw new CoffreError('engine.failed', `the tables could not be taken out: ${error.message}`, {
      cause: error,
      hint: 'The target was not touched. With --databases the database is restored as a whole.',
    })
  }
}
