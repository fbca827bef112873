import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CoffreError, stateFolder } from '@coffre/foundation'
import type { Host } from '../host/host.ts'
import { CommandLineError, usageError } from '../messages/command-line-error.ts'
import { type Surroundings, variable } from '../surroundings.ts'
import { loginsFile, readLogins } from './stored-logins.ts'

/** A server, and what signs the caller in there. */
export interface ServerChoice {
  readonly url: string
  readonly token: string | undefined
  /** It was found by its state folder: it runs on this machine, or ran. */
  readonly isLocal: boolean
}

interface Place {
  readonly surroundings: Surroundings
  readonly host: Pick<Host, 'isRoot'>
}

/**
 * Which server is asked: the one of COFFRE_URL; or of a state folder that is named; or the one that was signed in to; or that of this
 * machine. COFFRE_TOKEN counts more than what is stored for it.
 */
export async function chooseServer({ surroundings, host }: Place): Promise<ServerChoice> {
  const { environment } = surroundings
  const token = variable(environment, 'COFFRE_TOKEN')
  const url = variable(environment, 'COFFRE_URL')
  const isStateNamed = variable(environment, 'COFFRE_STATE') !== undefined
  if (url === undefined && isStateNamed) return localServer(stateFolder(environment, host.isRoot), token)
  const logins = await readLogins(loginsFile(environment))
  const wanted = url === undefined ? logins.current : serverUrl(url, 'COFFRE_URL')
  if (wanted === undefined) return localServer(stateFolder(environment, host.isRoot), token)
  return { url: wanted, token: token ?? logins.servers[wanted]?.token, isLocal: false }
}

/** The address of a server in its one spelling: no path, no slash at the end. */
export function serverUrl(given: string, variableName: string): string {
  const url = URL.parse(given)
  if (url === null || !['http:', 'https:'].includes(url.protocol) || url.username !== '' || url.password !== '')
    throw usageError('error.variableValue', { variable: variableName, value: given, expected: 'https://HOST:PORT' })
  return url.origin
}

async function localServer(folder: string, token: string | undefined): Promise<ServerChoice> {
  const description = await readIfThere(join(folder, 'server.json'))
  if (description === undefined)
    throw new CommandLineError(
      'server.unreachable',
      { key: 'error.noServer', values: { folder } },
      { key: 'hint.noServer', values: {} },
    )
  const credential = token ?? (await readIfThere(join(folder, 'local-credential')))?.trim()
  return { url: urlIn(description, folder), token: credential, isLocal: true }
}

function urlIn(description: string, folder: string): string {
  try {
    const { url } = JSON.parse(description) as { readonly url: string }
    return new URL(url).origin
  } catch (error) {
    throw new CoffreError('internal', `server.json in ${folder} does not say where the server is`, {
      hint: 'Start the server again: it writes the file anew.',
      cause: error,
    })
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    // Whoever may not read the credential of the server may still have one of their own.
    const sentence = { key: 'error.localCredential', values: { path, problem: String(code ?? error) } } as const
    throw new CommandLineError('auth.required', sentence, { key: 'hint.localCredential', values: {} }, { cause: error })
  }
}
