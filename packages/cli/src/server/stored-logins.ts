import { chmod, mkdir, open, readFile, rename } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { CoffreError } from '@coffre/foundation'
import type { Environment } from '@coffre/storage'
import { variable } from '../surroundings.ts'

/** What `coffre login` keeps of each server, by its URL. */
interface StoredLogin {
  readonly token: string
  /** Whose it is, for messages. */
  readonly name: string
}

export interface StoredLogins {
  /** The server that was signed in to last. */
  readonly current: string | undefined
  readonly servers: Readonly<Record<string, StoredLogin>>
}

/** `$XDG_CONFIG_HOME/coffre/credentials.json` (XDG Base Directory Specification). */
export function loginsFile(environment: Environment): string {
  const folder = variable(environment, 'XDG_CONFIG_HOME') ?? join(variable(environment, 'HOME') ?? homedir(), '.config')
  return join(folder, 'coffre', 'credentials.json')
}

/** Nothing where there is no file. */
export async function readLogins(path: string): Promise<StoredLogins> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { current: undefined, servers: {} }
    throw unreadable(path, error)
  }
  try {
    const { current, servers } = JSON.parse(text) as { readonly current?: string; readonly servers: StoredLogins['servers'] }
    return { current, servers: { ...servers } }
  } catch (error) {
    throw unreadable(path, error)
  }
}

/** The file is replaced at once, and nobody else can read it. */
export async function writeLogins(path: string, logins: StoredLogins): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const partial = `${path}.${process.pid}`
  await using file = await open(partial, 'w', 0o600)
  await chmod(partial, 0o600)
  await file.writeFile(`${JSON.stringify(logins, undefined, 2)}\n`)
  await file.sync()
  await rename(partial, path)
}

function unreadable(path: string, cause: unknown): CoffreError {
  const problem = cause instanceof Error && 'code' in cause ? String(cause.code) : 'it is no JSON'
  return new CoffreError('usage.invalid', `cannot read the sign-ins in ${path}: ${problem}`, {
    hint: 'Sign in again with `coffre login URL` after removing the file, or make it readable.',
    cause,
  })
}
