import { isCoffreError } from '@coffre/foundation'
import { quoted } from '../parts/relation-name.ts'
import type { TargetServer } from '../parts/target-server.ts'
import type { DatabaseShape } from './logical-details.ts'

type NamedShape = DatabaseShape & { readonly name: string }

/** Makes an empty database that takes the dump of another one as it is. It belongs to who signs in, or to the old owner. */
export async function makeDatabase(target: TargetServer, shape: NamedShape, keepsOwner: boolean): Promise<void> {
  const { name, encoding, provider, collate, ctype, locale, owner } = shape
  const words = [`encoding ${quotedText(encoding)}`, `lc_collate ${quotedText(collate)}`, `lc_ctype ${quotedText(ctype)}`]
  if (provider !== 'libc') words.push(`locale_provider ${provider}`)
  if (provider !== 'libc' && locale !== null) words.push(`${provider}_locale ${quotedText(locale)}`)
  if (keepsOwner) words.push(`owner ${quoted(owner)}`)
  await target.ask(`create database ${quoted(name)} template template0 ${words.join(' ')}`)
}

/**
 * What is set for everybody in a database, and who may do what with it. Resolves to what the server refused, a sentence each: the data
 * are there all the same.
 */
export async function settleDatabase(
  target: TargetServer,
  { name, settings, privileges }: NamedShape,
  keepsPrivileges: boolean,
): Promise<readonly string[]> {
  const notes: string[] = []
  const attempt = async (what: string, sql: string): Promise<void> => {
    const refused = await refusalOf(target, sql)
    if (refused !== undefined) notes.push(`${what} of database ${name} was not set: ${refused}.`)
  }
  for (const { name: setting, value } of settings) {
    // A session that has the value passes it on: how lists are written is the server's affair.
    const take = `select set_config(${quotedText(setting)}, ${quotedText(value)}, true)`
    const set = `alter database ${quoted(name)} set ${setting.split('.').map(quoted).join('.')} from current`
    await attempt(setting, `begin; ${take}; ${set}; commit`)
  }
  if (privileges === null || !keepsPrivileges) return notes
  await attempt('The right of everybody to connect', `revoke all on database ${quoted(name)} from public`)
  for (const { role, privilege, isGrantable } of privileges) {
    const to = role === null ? 'public' : quoted(role)
    const option = isGrantable ? ' with grant option' : ''
    await attempt(`${privilege} for ${to}`, `grant ${privilege} on database ${quoted(name)} to ${to}${option}`)
  }
  return notes
}

/** The server's words when it refuses a statement. */
export async function refusalOf(target: TargetServer, sql: string): Promise<string | undefined> {
  try {
    await target.ask(sql)
    return undefined
  } catch (error) {
    if (!isCoffreError(error) || error.code === 'interrupted') throw error
    return error.message
  }
}

/** A text as SQL writes it, whatever the server takes backslashes for. */
function quotedText(text: string): string {
  const doubled = text.replaceAll("'", "''")
  return doubled.includes('\\') ? ` E'${doubled.replaceAll('\\', '\\\\')}'` : `'${doubled}'`
}
