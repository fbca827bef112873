import { isAbsolute } from 'node:path'
import { CoffreError } from '@coffre/foundation'

/** A question that is put to a database that was restored, whose one answer has to be true. */
export interface Assertion {
  readonly database: string
  readonly sql: string
}

/** How to start an engine over what was restored. */
export interface StartOptions {
  readonly port: number
  /** False: it is a clone, which does not archive, subscribe or run schedules. */
  readonly asProduction: boolean
}

/** What is wanted of a restore into a running server. */
export interface PartsOptions {
  /** These databases, as a whole. */
  readonly databases?: readonly string[]
  /** These schemas, as a whole. */
  readonly schemas?: readonly string[]
  /** The database that tables or schemas come from. */
  readonly database?: string
  /** The schema that tables go to, or what the one schema becomes. */
  readonly schema?: string
}

/** What a user may say of a restore that only PostgreSQL knows of. */
export interface RestoreOptions extends PartsOptions {
  readonly start?: StartOptions
  /** The account that owns the folder and runs the engine. */
  readonly account?: string
  /** New places of tablespaces, by their oid or their old place; the others lie in the data directory. */
  readonly tablespaces: Readonly<Record<string, string>>
  readonly assertions: readonly Assertion[]
}

const known = [
  'start',
  'port',
  'asProduction',
  'account',
  'tablespaces',
  'assertions',
  'databases',
  'schemas',
  'database',
  'schema',
]

/** Reads the options; `source.config-invalid` names the field. Pure. */
export function parseRestoreOptions(input: unknown): RestoreOptions {
  if (input === undefined) return { tablespaces: {}, assertions: [] }
  const given = asObject(input, 'options')
  for (const name of Object.keys(given))
    if (!known.includes(name)) throw invalid(name, `is not known; known are ${known.join(', ')}`)
  const { account } = given
  if (account !== undefined && (typeof account !== 'string' || !/^[\w.-]+$/.test(account)))
    throw invalid('account', 'is not the name of an account')
  const start = startOptions(given)
  return {
    ...(start === undefined ? {} : { start }),
    ...(account === undefined ? {} : { account: account as string }),
    ...partsOptions(given),
    tablespaces: tablespaces(given['tablespaces'] ?? {}),
    assertions: assertions(given['assertions'] ?? []),
  }
}

function startOptions({ start = false, port, asProduction = false }: Readonly<Record<string, unknown>>): StartOptions | undefined {
  if (typeof start !== 'boolean') throw invalid('start', 'is neither true nor false')
  if (typeof asProduction !== 'boolean') throw invalid('asProduction', 'is neither true nor false')
  const isPort = typeof port === 'number' && Number.isInteger(port) && port >= 1 && port <= 65_535
  if (port !== undefined && !isPort) throw invalid('port', 'is not a port')
  if (!start) return undefined
  if (!isPort) throw invalid('port', 'is needed to start an engine')
  return { port, asProduction }
}

function partsOptions({ databases, schemas, database, schema }: Readonly<Record<string, unknown>>): PartsOptions {
  const isName = (name: unknown): name is string => typeof name === 'string' && name !== '' && !name.includes('\0')
  const isList = (names: unknown): boolean =>
    names === undefined || (Array.isArray(names) && names.length > 0 && names.every(isName))
  if (!isList(databases)) throw invalid('databases', 'is not a list of names')
  if (!isList(schemas)) throw invalid('schemas', 'is not a list of names')
  if (database !== undefined && !isName(database)) throw invalid('database', 'is not a name')
  if (schema !== undefined && (!isName(schema) || schema.startsWith('pg_'))) throw invalid('schema', 'is not the name of a schema')
  return {
    ...(databases === undefined ? {} : { databases: [...new Set(databases as readonly string[])] }),
    ...(schemas === undefined ? {} : { schemas: schemas as readonly string[] }),
    ...(database === undefined ? {} : { database }),
    ...(schema === undefined ? {} : { schema }),
  }
}

function tablespaces(value: unknown): Readonly<Record<string, string>> {
  const given = asObject(value, 'tablespaces')
  for (const [key, place] of Object.entries(given))
    if (typeof place !== 'string' || !isAbsolute(place) || place.includes('\0'))
      throw invalid('tablespaces', `has no absolute path for ${key}`)
  if (new Set(Object.values(given)).size < Object.keys(given).length) throw invalid('tablespaces', 'has one place for two')
  return given as Readonly<Record<string, string>>
}

function assertions(value: unknown): readonly Assertion[] {
  if (!Array.isArray(value)) throw invalid('assertions', 'is not a list')
  return value.map((one) => {
    const { database = 'postgres', sql } = asObject(one, 'assertions')
    if (typeof database !== 'string' || typeof sql !== 'string' || sql === '')
      throw invalid('assertions', 'has one without database and sql')
    return { database, sql }
  })
}

function asObject(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw invalid(name, 'is not an object')
  return value as Readonly<Record<string, unknown>>
}

function invalid(field: string, problem: string): CoffreError {
  return new CoffreError('source.config-invalid', `${field} ${problem}`, {
    hint: 'docs/connectors/postgresql.md has what can be said of a restore.',
  })
}
