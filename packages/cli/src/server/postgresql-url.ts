import { usageError } from '../messages/command-line-error.ts'

/** What `postgres://user:password@host1:5432,host2/database?sslmode=require` says. */
export interface PostgresqlUrl {
  readonly members: readonly { readonly host: string; readonly port: number }[]
  readonly user: string
  readonly password: string | undefined
  readonly database: string
  readonly tls: 'disable' | 'prefer' | 'require' | 'verify-full'
  /** A file. */
  readonly authority: string | undefined
}

/** As libpq names them; what it allows and Coffre has no other word for is the next stronger one. */
const tlsModes: Readonly<Record<string, PostgresqlUrl['tls']>> = {
  'disable': 'disable',
  'allow': 'prefer',
  'prefer': 'prefer',
  'require': 'require',
  'verify-ca': 'verify-full',
  'verify-full': 'verify-full',
}
const expected = 'postgres://USER@HOST:5432,HOST:5432/?sslmode=require'

export function isPostgresqlUrl(operand: string): boolean {
  return /^postgres(ql)?:\/\//i.test(operand)
}

/** The operand as it may be shown: whoever reads an error must not read a password. */
export function withoutPassword(operand: string): string {
  return operand.replace(/^([a-z][\w+.-]*:\/\/)[^/?#]*@/i, '$1…@')
}

/** Several servers are the members of one cluster. Errors show nothing of the URL but what is wrong with it. */
export function parsePostgresqlUrl(operand: string): PostgresqlUrl {
  const [, authority = '', path = '', query = ''] = /^[a-z]+:\/\/([^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?/i.exec(operand) ?? []
  const at = authority.lastIndexOf('@')
  const [user = '', ...passwordParts] = (at < 0 ? '' : authority.slice(0, at)).split(':')
  const hosts = authority.slice(at + 1)
  if (hosts === '') throw wrong('no host')
  const settings = new URLSearchParams(query)
  for (const name of settings.keys()) if (!['sslmode', 'sslrootcert'].includes(name)) throw wrong(`?${name}`)
  const tls = tlsModes[settings.get('sslmode') ?? 'prefer']
  if (tls === undefined) throw wrong(`sslmode=${settings.get('sslmode')}`)
  return {
    members: hosts.split(',').map(parseMember),
    user: user === '' ? 'postgres' : decoded(user),
    password: passwordParts.length === 0 ? undefined : decoded(passwordParts.join(':')),
    database: path === '' ? 'postgres' : decoded(path),
    tls,
    authority: settings.get('sslrootcert') ?? undefined,
  }
}

function parseMember(text: string): PostgresqlUrl['members'][number] {
  const [, bracketed, plain, digits] = /^(?:\[([0-9a-f:.%]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/i.exec(text) ?? []
  const host = bracketed ?? plain
  const port = digits === undefined ? 5432 : Number(digits)
  if (host === undefined || port < 1 || port > 65_535) throw wrong(text)
  return { host: decoded(host), port }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw wrong('%')
  }
}

function wrong(what: string): Error {
  return usageError('error.badDatabaseUrl', { what }, 'hint.databaseUrl', { expected })
}
