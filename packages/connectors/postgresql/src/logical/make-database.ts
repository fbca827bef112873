import type { DumpedDatabase } from './logical-details.ts'
import { quoteName, quoteText } from './quote-sql.ts'
import type { TargetServer } from './target-server.ts'

/** Makes an empty database that takes the dump of another one as it is. Its owner is who signs in, or the old one where that is there. */
export async function makeDatabase(target: TargetServer, shape: DumpedDatabase, keepsOwner: boolean): Promise<void> {
  const { name, encoding, provider, collate, ctype, locale, owner } = shape
  const words = [
    'template template0',
    `encoding ${quoteText(encoding)}`,
    `lc_collate ${quoteText(collate)}`,
    `lc_ctype ${quoteText(ctype)}`,
  ]
  if (provider !== 'libc') words.push(`locale_provider ${provider}`)
  if (locale !== null) words.push(`${provider === 'builtin' ? 'builtin_locale' : 'icu_locale'} ${quoteText(locale)}`)
  if (keepsOwner) words.push(`owner ${quoteName(owner)}`)
  await target.query(`create database ${quoteName(name)} ${words.join(' ')}`)
}

/**
 * What is set for everybody in a database, and who may do what with it. Resolves to what the server refused, a sentence each: the data
 * are there all the same.
 */
export async function settleDatabase(
  target: TargetServer,
  shape: DumpedDatabase,
  keepsPrivileges: boolean,
): Promise<readonly string[]> {
  const { name, settings, privileges } = shape
  const notes: string[] = []
  const attempt = async (what: string, sql: string): Promise<void> => {
    const refused = await target.attempt(sql)
    if (refused !== undefined) notes.push(`${what} of database ${name} was not set: ${refused}.`)
  }
  for (const { name: setting, value } of settings) {
    // A session that has the value passes it on: how lists are written is the server's affair.
    const take = `select set_config(${quoteText(setting)}, ${quoteText(value)}, true)`
    const set = `alter database ${quoteName(name)} set ${setting.split('.').map(quoteName).join('.')} from current`
    await attempt(setting, `begin; ${take}; ${set}; commit`)
    await target.attempt('rollback')
  }
  if (privileges === null || !keepsPrivileges) return notes
  await attempt('The right to connect to everybody', `revoke all on database ${quoteName(name)} from public`)
  for (const { role, privilege, isGrantable } of privileges) {
    const to = role === null ? 'public' : quoteName(role)
    const sql = `grant ${privilege} on database ${quoteName(name)} to ${to}${isGrantable ? ' with grant option' : ''}`
    await attempt(`${privilege} for ${to}`, sql)
  }
  return notes
}
