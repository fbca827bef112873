import { stat } from 'node:fs/promises'
import { type ByteString, bytesOf } from '@coffre/foundation'
import type { ServerCall } from '../command.ts'
import { linesOf, readTextFile } from '../session/text-file.ts'
import type { PostgresqlUrl } from './postgresql-url.ts'

type WhoAsks = Pick<PostgresqlUrl, 'members' | 'database' | 'user'>

const field = String.raw`((?:\\.|[^:\\]|\\$)*)`
const lineOfFive = new RegExp(`^${[field, field, field, field, field].join(':')}`)

/** The password in a file of PGPASSFILE. One that others may read is not used, as libpq does, and that is said. */
export async function passwordInFile(path: ByteString, url: WhoAsks, { output, texts }: ServerCall): Promise<string | undefined> {
  const status = await stat(bytesOf(path)).catch(() => undefined)
  if (status !== undefined && (!status.isFile() || (status.mode & 0o077) !== 0)) {
    output.warn(texts.say('protect.passwordFileOpen', { path }))
    return undefined
  }
  return passwordIn(await readTextFile(path, 'PGPASSFILE'), url)
}

/** That of the first line that fits: `host:port:database:user:password`, `*` for any, `\` before what is meant as it is (libpq, 34.16). */
export function passwordIn(content: string, { members, database, user }: WhoAsks): string | undefined {
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
