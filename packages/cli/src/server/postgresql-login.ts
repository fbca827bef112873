import { stat } from 'node:fs/promises'
import { type ByteString, bytesOf } from '@coffre/foundation'
import type { ServerCall } from '../command.ts'
import { text } from '../options/option.ts'
import { absolutePath } from '../session/absolute-path.ts'
import { readTextFile, trimSpaces } from '../session/text-file.ts'
import { variable } from '../surroundings.ts'
import { passwordIn } from './postgresql-password-file.ts'
import type { PostgresqlUrl } from './postgresql-url.ts'

/** For commands that take the URL of a PostgreSQL server. */
export const passwordOptions = { passwordFile: text('password-file', 'file') } as const

type LoginCall = ServerCall<typeof passwordOptions>

/** The certificate in a file that a URL names. */
export function certificateIn(path: string, { surroundings }: LoginCall): Promise<string> {
  return readTextFile(absolutePath(path, surroundings.workingFolder), 'sslrootcert')
}

/** From where it was given first; asked for where somebody can be asked. Undefined where the server wants none. */
export async function passwordOf(url: PostgresqlUrl, call: LoginCall): Promise<string | undefined> {
  const { options, surroundings, host, texts, signal, output } = call
  const { environment, workingFolder } = surroundings
  if (options.passwordFile !== undefined)
    return trimSpaces(await readTextFile(absolutePath(options.passwordFile, workingFolder), '--password-file'))
  if (url.password !== undefined) {
    // The list of processes shows it no longer.
    process.title = 'coffre'
    output.warn(texts.say('protect.passwordInUrl'))
    return url.password
  }
  const file = variable(environment, 'PGPASSFILE')
  const fromFile = file === undefined ? undefined : await passwordInFile(absolutePath(file, workingFolder), url, call)
  const known = fromFile ?? variable(environment, 'PGPASSWORD')
  if (known !== undefined || host.person === undefined) return known
  const [member] = url.members
  const answer = await host.person.askSecret(texts.say('protect.password', { user: url.user, host: member?.host ?? '' }), signal)
  return answer === '' ? undefined : answer
}

/** The password in a file of PGPASSFILE. One that others may read is not used, as libpq does, and that is said. */
async function passwordInFile(path: ByteString, url: PostgresqlUrl, { output, texts }: LoginCall): Promise<string | undefined> {
  const status = await stat(bytesOf(path)).catch(() => undefined)
  if (status !== undefined && (!status.isFile() || (status.mode & 0o077) !== 0)) {
    output.warn(texts.say('protect.passwordFileOpen', { path }))
    return undefined
  }
  return passwordIn(await readTextFile(path, 'PGPASSFILE'), url)
}
