import type { ServerCall } from '../command.ts'
import { usageError } from '../messages/command-line-error.ts'
import { text, texts } from '../options/option.ts'
import { certificateIn, passwordOf, passwordOptions } from './postgresql-login.ts'
import { isPostgresqlUrl, parsePostgresqlUrl, withoutPassword } from './postgresql-url.ts'
import { splitNames } from './split-names.ts'

/** For a restore into a server that runs. */
export const restoreIntoOptions = {
  into: text('into', 'url'),
  tables: texts('tables', 'names'),
  databases: texts('databases', 'names'),
  database: text('database', 'name'),
  schema: text('schema', 'name'),
  ...passwordOptions,
} as const

type IntoCall = ServerCall<typeof restoreIntoOptions>

/** What the API takes of it; undefined for a restore to a folder. */
export async function restoreInto(call: IntoCall) {
  const { into, tables, databases, database, schema } = call.options
  const parts = tables.flatMap(splitNames)
  const whole = databases.flatMap(splitNames)
  if (into === undefined) {
    const stray = { '--tables': tables.length, '--databases': databases.length, '--database': database, '--schema': schema }
    for (const value of Object.values(stray)) if (value) throw usageError('error.missingOption', { option: '--into' })
    return undefined
  }
  if (!isPostgresqlUrl(into)) throw usageError('error.unknownEngine', { operand: withoutPassword(into) })
  if (parts.length > 0 && whole.length > 0) throw usageError('error.exclusive', { one: '--tables', other: '--databases' })
  const url = parsePostgresqlUrl(into)
  const password = await passwordOf(url, call)
  const { members, user, tls, authority } = url
  return {
    into: {
      config: {
        members: [...members],
        user,
        database: url.database,
        tls,
        ...(authority === undefined ? {} : { tlsAuthority: await certificateIn(authority, call) }),
      },
      ...(password === undefined ? {} : { secrets: { password } }),
    },
    ...(parts.length === 0 ? {} : { parts }),
    options: {
      ...(whole.length === 0 ? {} : { databases: whole }),
      ...(database === undefined ? {} : { database }),
      ...(schema === undefined ? {} : { schema }),
    },
  }
}
