import { linesOf } from '../session/text-file.ts'
import type { PostgresqlUrl } from './postgresql-url.ts'

const field = String.raw`((?:\\.|[^:\\]|\\$)*)`
const lineOfFive = new RegExp(`^${[field, field, field, field, field].join(':')}`)

/**
 * The password of the first line of a PGPASSFILE that fits: `host:port:database:user:password`, `*` for any, `\` before what is meant as
 * it is (libpq, 34.16).
 */
export function passwordIn(
  content: string,
  { members, database, user }: Pick<PostgresqlUrl, 'members' | 'database' | 'user'>,
): string | undefined {
  for (const line of linesOf(content)) {
    if (line.startsWith('#')) continue
    const [, host, port, base, name, password] = lineOfFive.exec(line) ?? []
    const fits = (pattern: string | undefined, ...values: readonly string[]): boolean =>
      pattern === '*' || (pattern !== undefined && values.includes(unescaped(pattern)))
    const isMember = members.some((one) => fits(host, one.host) && fits(port, String(one.port)))
    if (password !== undefined && isMember && fits(base, database, 'replication') && fits(name, user)) return unescaped(password)
  }
  return undefined
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/g, '$1')
}
