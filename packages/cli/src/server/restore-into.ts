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
  schemas: texts('schemas', 'names'),
  databases: texts('databases', 'names'),
  database: text('database', 'name'),
  schema: text('schema', 'name'),
  ...passwordOptions,
} as const

type IntoCall = ServerCall<typeof restoreIntoOptions>

/** What the API takes of it; undefined for a restore to a folder. */
export async function restoreInto(call: IntoCall) {
  const { into, tables, schemas, databases, database, schema } = call.options
  const parts = tables.flatMap(splitNames)
  const wholeSchemas = schemas.flatMap(splitNames)
  const whole = databases.flatMap(splitNames)
  if (into === undefined) {
    const stray = [tables.length, schemas.length, databases.length, database, schema]
    for (const value of stray) if (value) throw usageError('error.missingOption', { option: '--into' })
    return undefined
  }
  if (!isPostgresqlUrl(into)) throw usageError('error.unknownEngine', { operand: withoutPassword(into) })
  const chosen = { '--tables': parts, '--schemas': wholeSchemas, '--databases': whole }
  const [one, other] = Object.entries(chosen).flatMap(([option, names]) => (names.length > 0 ? [option] : []))
  if (one !== undefined && other !== undefined) throw usageError('error.exclusive', { one, other })
  if (wholeSchemas.length > 1 && schema !== undefined) throw usageError('error.exclusive', { one: '--schemas', other: '--schema' })
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
      ...(wholeSchemas.length === 0 ? {} : { schemas: wholeSchemas }),
      ...(whole.length === 0 ? {} : { databases: whole }),
      ...(database === undefined ? {} : { database }),
      ...(schema === undefined ? {} : { schema }),
    },
  }
}
