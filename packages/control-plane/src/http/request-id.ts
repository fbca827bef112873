import type { Context } from '@coffre/foundation'
import { newId } from '../catalogue/new-id.ts'

/** The client's own id of a request where it is a plain one, else a new one. It is in the answer, the log and the audit log. */
export function requestIdOf(headers: Headers, context: Context): string {
  const given = headers.get('x-request-id')
  return given !== null && /^[\w.-]{1,64}$/.test(given) ? given : newId(context)
}
