import type { StoredPoint } from '@coffre/connector'
import { CoffreError, throwIfAborted } from '@coffre/foundation'
import type { TargetServer } from '../parts/target-server.ts'
import { globalsFile, readLogicalDetails } from './logical-details.ts'
import { refusalOf } from './make-database.ts'
import { planRoles } from './plan-roles.ts'

export interface MadeRoles {
  /** Roles of the source that the target has not, now that all was done. */
  readonly lacking: readonly string[]
  readonly notes: readonly string[]
}

const globalsBytesMax = 64 * 1024 * 1024

/** Makes the roles that the target lacks, if so wished; those that it has stay as they are. What it refuses of them is told. */
export async function makeRoles(
  point: StoredPoint,
  target: TargetServer,
  isWished: boolean,
  signal: AbortSignal,
): Promise<MadeRoles> {
  const { roles, missing, statements, hasTablespaces } = planRoles(await readGlobals(point, signal), await target.roles())
  const notes = hasTablespaces ? ['Tablespaces were not made: everything lies in the one of its database.'] : []
  if (!isWished || missing.length === 0) return { lacking: missing, notes }
  const refused: string[] = []
  for (const statement of statements) {
    throwIfAborted(signal)
    const why = await refusalOf(target, statement)
    // The statement itself may have a password in it.
    if (why !== undefined) refused.push(`${statement.split(' ').slice(0, 3).join(' ')} (${why})`)
  }
  notes.push(`Roles were made: ${missing.join(', ')}. Those that were there stayed as they were.`)
  if (!readLogicalDetails(point.manifest).hasRolePasswords)
    notes.push('They have no passwords, because the point has none: set them with ALTER ROLE … PASSWORD.')
  if (refused.length > 0) notes.push(`The server refused of them: ${refused.join('; ')}.`)
  const there = await target.roles()
  return { lacking: roles.filter((role) => !there.has(role)), notes }
}

/** The script that pg_dumpall wrote of roles and tablespaces. */
export async function readGlobals(point: StoredPoint, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = []
  let sizeBytes = 0
  for await (const item of point.items('', signal)) {
    if (item.kind !== 'file' || item.path !== globalsFile) continue
    for await (const chunk of item.content) {
      sizeBytes += chunk.length
      if (sizeBytes > globalsBytesMax)
        throw new CoffreError('target.failed', `${globalsFile} is larger than ${globalsBytesMax} bytes`)
      chunks.push(Buffer.from(chunk))
    }
  }
  return Buffer.concat(chunks).toString()
}
