import { interruption, throwIfAborted } from '@coffre/foundation'
import pg from 'pg'
import { asSourceError } from '../connection/server-error.ts'

/** Where a server on this machine is looked into. */
export interface LocalServer {
  readonly socketFolder: string
  readonly port: number
  readonly user: string
  /** From 17 on what the database does at a login is left out. */
  readonly major?: number
}

/** A connection to a database of a server on this machine, as long as `work` needs it. */
export async function onDatabase<Result>(
  { socketFolder, port, user, major = 0 }: LocalServer,
  database: string,
  signal: AbortSignal,
  work: (query: (sql: string, values?: readonly unknown[]) => Promise<readonly Record<string, unknown>[]>) => Promise<Result>,
): Promise<Result> {
  throwIfAborted(signal)
  const options = major >= 17 ? { options: '-c event_triggers=off' } : {}
  const client = new pg.Client({ host: socketFolder, port, user, database, application_name: 'coffre_verify', ...options })
  // Whoever waits for an answer is told.
  client.on('error', () => undefined)
  const cancel = () => void client.end().catch(() => undefined)
  try {
    await client.connect()
    signal.addEventListener('abort', cancel)
    return await work(async (sql, values = []) => (await client.query<Record<string, unknown>>(sql, [...values])).rows)
  } catch (error) {
    throw signal.aborted ? interruption(signal) : asSourceError(error, `${socketFolder}, port ${port}`)
  } finally {
    signal.removeEventListener('abort', cancel)
    await client.end().catch(() => undefined)
  }
}
