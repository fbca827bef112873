import type { ByteString } from '@coffre/foundation'
import type { ServerCall } from '../command.ts'
import { usageError } from '../messages/command-line-error.ts'
import { commaTexts, flag, text } from '../options/option.ts'
import { certificateIn, passwordOf, passwordOptions } from './postgresql-login.ts'
import { parsePostgresqlUrl } from './postgresql-url.ts'

export const postgresqlOptions = {
  continuous: flag('continuous'),
  logical: flag('logical'),
  databases: commaTexts('databases', 'names'),
  ...passwordOptions,
  slot: text('slot', 'name'),
  allowUnlimitedWal: flag('allow-unlimited-wal'),
} as const

type PostgresqlCall = ServerCall<typeof postgresqlOptions>

/** The source that a URL means, as the API takes it; its password apart, where there is one. */
export async function postgresqlSource(operands: readonly ByteString[], call: PostgresqlCall) {
  const [operand = '', second] = operands
  if (second !== undefined) throw usageError('error.oneCluster', {}, 'hint.oneCluster')
  const url = parsePostgresqlUrl(operand)
  const { members, user, database, tls, authority } = url
  const { continuous, logical, databases, slot, allowUnlimitedWal } = call.options
  const password = await passwordOf(url, call)
  return {
    engine: 'postgresql',
    config: {
      members,
      user,
      database,
      tls,
      ...(authority === undefined ? {} : { tlsAuthority: await certificateIn(authority, call) }),
      ...(logical ? { mode: 'logical' } : {}),
      ...(databases.length === 0 ? {} : { databases }),
      ...(continuous ? { keepsLog: true } : {}),
      ...(slot === undefined ? {} : { slot }),
      ...(allowUnlimitedWal ? { allowsUnlimitedLog: true } : {}),
    },
    ...(password === undefined ? {} : { secrets: { password } }),
  }
}
