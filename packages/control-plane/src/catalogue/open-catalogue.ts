import { CoffreError } from '@coffre/foundation'
import pg from 'pg'
import type { DatabaseSettings } from '../embedded-postgres/embedded-postgres.ts'
import { type Catalogue, newCatalogue, newPool } from './database.ts'
import { migrate } from './migrate.ts'

/** Where the catalogue is: in the embedded engine, or at the URL of a server that somebody else runs. */
export type CatalogueLocation =
  | { readonly kind: 'embedded'; readonly settings: DatabaseSettings }
  | { readonly kind: 'external'; readonly url: string }

export interface OpenCatalogue extends AsyncDisposable {
  readonly catalogue: Catalogue
  readonly pool: pg.Pool
}

const database = 'coffre'
const oldestServer = 150_000

/** Connects, makes the database in an embedded engine, and brings the tables up to date. `catalogue.unavailable` when it cannot. */
export async function openCatalogue(location: CatalogueLocation, connectionsMax: number): Promise<OpenCatalogue> {
  if (location.kind === 'embedded') await makeDatabase(location.settings)
  const pool = newPool(connectionOf(location), connectionsMax)
  try {
    await refuseOldServer(pool)
    const catalogue = newCatalogue(pool)
    await migrate(catalogue)
    return { catalogue, pool, [Symbol.asyncDispose]: () => catalogue.destroy() }
  } catch (error) {
    await pool.end()
    throw error instanceof CoffreError ? error : unreachable(error)
  }
}

/** Connects to the catalogue of a server that runs, which has brought it up to date. */
export function attachCatalogue(location: CatalogueLocation, connectionsMax: number): OpenCatalogue {
  const pool = newPool(connectionOf(location), connectionsMax)
  const catalogue = newCatalogue(pool)
  return { catalogue, pool, [Symbol.asyncDispose]: () => catalogue.destroy() }
}

function connectionOf(location: CatalogueLocation): pg.PoolConfig {
  return location.kind === 'embedded' ? { ...location.settings, database } : { connectionString: location.url }
}

async function makeDatabase(settings: DatabaseSettings): Promise<void> {
  const client = new pg.Client({ ...settings, database: 'postgres' })
  try {
    await client.connect()
    const { rowCount } = await client.query('select from pg_database where datname = $1', [database])
    if (rowCount === 0) await client.query(`create database ${database}`)
  } catch (error) {
    throw unreachable(error)
  } finally {
    await client.end().catch(() => undefined)
  }
}

async function refuseOldServer(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ version: string; number: number }>(
    "select current_setting('server_version') as version, current_setting('server_version_num')::integer as number",
  )
  const [server] = rows
  if (server === undefined || server.number >= oldestServer) return
  throw new CoffreError(
    'catalogue.unavailable',
    `the catalogue's PostgreSQL is version ${server.version}, Coffre needs 15 or newer`,
    {
      hint: 'Give COFFRE_DATABASE_URL a newer server, or leave it out to use the one that comes with Coffre.',
    },
  )
}

function unreachable(error: unknown): CoffreError {
  // The driver's messages name host, database and user, never the password.
  const reason = error instanceof Error ? error.message : String(error)
  return new CoffreError('catalogue.unavailable', `the catalogue's database cannot be used: ${reason}`, {
    hint: 'Is the server of COFFRE_DATABASE_URL running, and may this user make tables there?',
    cause: error,
  })
}
