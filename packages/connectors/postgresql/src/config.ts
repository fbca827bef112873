import { CoffreError } from '@coffre/foundation'

/** One server of the cluster: the primary, or a standby that may become it. */
export interface Member {
  readonly host: string
  readonly port: number
}

export type TlsMode = 'disable' | 'prefer' | 'require' | 'verify-full'

/** What a user says of a PostgreSQL cluster. */
export interface PostgresqlConfig {
  /** Every member that may be read from; in order of preference. */
  readonly members: readonly Member[]
  readonly user: string
  /** Where SQL is asked first. */
  readonly database: string
  /** Whether the files of the cluster are saved, all of them, or what `pg_dump` makes of each database. */
  readonly mode: 'physical' | 'logical'
  /** Of logical mode: the databases to be saved; all unless given. */
  readonly databases?: readonly string[]
  readonly tls: TlsMode
  /** PEM of who signed the server's certificate; the system's own list unless given. */
  readonly tlsAuthority?: string
  /** The physical slot that keeps the log for us on each member. */
  readonly slot: string
  /**
   * Whether the log is to be captured: the slot is made with the first base, and the server keeps its log for us. What is not captured
   * must not ask for it, or the server's disk fills.
   */
  readonly keepsLog: boolean
  /** Bases come from a standby where there is one. */
  readonly prefersStandby: boolean
  /** Whether the server begins its checkpoint at once, or spreads it so as not to be felt. */
  readonly checkpoint: 'fast' | 'spread'
  /** Of base backups; the server itself holds to it. */
  readonly rateLimitBytes?: number
  /** The explicit word that Coffre may keep log without end on a server that does not limit it. */
  readonly allowsUnlimitedLog: boolean
}

/** What must not be seen. */
export interface PostgresqlSecrets {
  readonly password?: string
}

/** By which name the server's views, and its list of synchronous standbys, know us. */
export const applicationName = 'coffre_capture'

const fields = [
  'members',
  'user',
  'database',
  'mode',
  'databases',
  'tls',
  'tlsAuthority',
  'slot',
  'keepsLog',
  'prefersStandby',
  'checkpoint',
  'rateLimitBytes',
  'allowsUnlimitedLog',
]
const tlsModes: readonly string[] = ['disable', 'prefer', 'require', 'verify-full'] satisfies readonly TlsMode[]
const rateBytesMin = 32 * 1024
const rateBytesMax = 1024 * 1024 * 1024

/** Reads a configuration; `source.config-invalid` names the field. Pure: whether there is a server is for `check` to find out. */
export function parsePostgresqlConfig(input: unknown): PostgresqlConfig {
  const given = asObject(input, 'the configuration')
  for (const name of Object.keys(given))
    if (!fields.includes(name)) throw invalid(name, `is not known; known are ${fields.join(', ')}`)
  const rate = given['rateLimitBytes']
  if (rate !== undefined && !(isWhole(rate, rateBytesMin, rateBytesMax) && rate % 1024 === 0))
    throw invalid('rateLimitBytes', `is not a multiple of 1024 from ${rateBytesMin} to ${rateBytesMax} bytes a second`)
  const authority = given['tlsAuthority']
  if (authority !== undefined && !(typeof authority === 'string' && authority.includes('BEGIN CERTIFICATE')))
    throw invalid('tlsAuthority', 'is not a certificate in PEM form')
  const mode = oneOf(given['mode'], 'mode', ['physical', 'logical'], 'physical') as 'physical' | 'logical'
  return {
    members: members(given['members']),
    user: text(given['user'], 'user', 'postgres'),
    database: text(given['database'], 'database', 'postgres'),
    mode,
    ...databases(given['databases'], mode),
    tls: oneOf(given['tls'], 'tls', tlsModes, 'prefer') as TlsMode,
    ...(authority === undefined ? {} : { tlsAuthority: authority as string }),
    slot: slot(given['slot']),
    keepsLog: keepsLog(given['keepsLog'], mode),
    prefersStandby: flag(given['prefersStandby'], 'prefersStandby'),
    checkpoint: oneOf(given['checkpoint'], 'checkpoint', ['fast', 'spread'], 'fast') as 'fast' | 'spread',
    ...(rate === undefined ? {} : { rateLimitBytes: rate as number }),
    allowsUnlimitedLog: flag(given['allowsUnlimitedLog'], 'allowsUnlimitedLog'),
  }
}

export function parsePostgresqlSecrets(input: unknown): PostgresqlSecrets {
  const given = asObject(input === undefined ? {} : input, 'the secrets')
  for (const name of Object.keys(given)) if (name !== 'password') throw invalid(name, 'is not a known secret; known is password')
  const { password } = given
  if (password === undefined) return {}
  if (typeof password !== 'string' || password.includes('\0')) throw invalid('password', 'is not a text')
  return { password }
}

/**
 * The same cluster is known by its members, whatever their order. What its dumps are made of is another source than its files, and other
 * databases of it are another one again.
 */
export function identifyPostgresql({ members: all, mode, databases: chosen }: PostgresqlConfig): string {
  const places = all.map(({ host, port }) => `${host.toLowerCase()}:${port}`).sort()
  return JSON.stringify(mode === 'physical' ? places : { places, mode, databases: chosen?.toSorted() ?? 'all' })
}

/** host:port, as people write it. */
export function formatMember({ host, port }: Member): string {
  return host.includes(':') && !host.startsWith('/') ? `[${host}]:${port}` : `${host}:${port}`
}

function members(value: unknown): readonly Member[] {
  if (!Array.isArray(value) || value.length === 0) throw invalid('members', 'names no server')
  const all = value.map((item) => {
    const { host, port = 5432, ...others } = asObject(item, 'members')
    const [unknown] = Object.keys(others)
    if (unknown !== undefined) throw invalid('members', `has ${unknown}, which is not known; known are host, port`)
    if (!isWhole(port, 1, 65_535)) throw invalid('members', 'has a port that is not one')
    return { host: text(host, 'members'), port }
  })
  if (new Set(all.map(formatMember)).size < all.length) throw invalid('members', 'names a server twice')
  return all
}

function databases(value: unknown, mode: PostgresqlConfig['mode']): { readonly databases?: readonly string[] } {
  if (value === undefined) return {}
  if (mode === 'physical') throw invalid('databases', 'can be chosen in logical mode only: the files of a cluster are saved whole')
  if (!Array.isArray(value) || value.length === 0) throw invalid('databases', 'names no database')
  const names = value.map((name) => text(name, 'databases'))
  if (new Set(names).size < names.length) throw invalid('databases', 'names a database twice')
  return { databases: names }
}

function keepsLog(value: unknown, mode: PostgresqlConfig['mode']): boolean {
  const isWanted = flag(value, 'keepsLog')
  if (isWanted && mode === 'logical')
    throw invalid('keepsLog', 'needs physical mode: dumps have no log that could be replayed on them (--continuous or --logical)')
  return isWanted
}

function slot(value: unknown): string {
  const name = text(value, 'slot', 'coffre')
  if (!/^[a-z0-9_]{1,63}$/.test(name)) throw invalid('slot', 'is not 1 to 63 of a-z, 0-9 and _')
  return name
}

function text(value: unknown, name: string, otherwise?: string): string {
  if (value === undefined && otherwise !== undefined) return otherwise
  if (typeof value !== 'string' || value === '' || value.includes('\0')) throw invalid(name, 'is not a text')
  return value
}

function flag(value: unknown, name: string): boolean {
  if (value !== undefined && typeof value !== 'boolean') throw invalid(name, 'is neither true nor false')
  return value ?? false
}

function oneOf(value: unknown, name: string, known: readonly string[], otherwise: string): string {
  if (value === undefined) return otherwise
  if (typeof value !== 'string' || !known.includes(value)) throw invalid(name, `is not one of ${known.join(', ')}`)
  return value
}

function isWhole(value: unknown, min: number, max: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
}

function asObject(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw invalid(name, 'is not an object')
  return value as Readonly<Record<string, unknown>>
}

function invalid(field: string, problem: string): CoffreError {
  return new CoffreError('source.config-invalid', `${field} ${problem}`, {
    hint: 'A PostgreSQL source needs `members`: host and port of each server. docs/connectors/postgresql.md has all fields.',
  })
}
