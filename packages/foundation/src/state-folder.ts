import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

/** Where a server keeps what is its own: COFFRE_STATE, or for root a folder of the system, for others one of their own. */
export function stateFolder(environment: Readonly<Record<string, string | undefined>>, isRoot: boolean): string {
  const given = environment['COFFRE_STATE']
  if (given !== undefined && given !== '') return resolve(given)
  return isRoot ? '/var/lib/coffre' : join(environment['HOME'] || homedir(), '.coffre')
}
