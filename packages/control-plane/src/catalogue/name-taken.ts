import { CoffreError } from '@coffre/foundation'

/** Names are unique within a project. */
export function nameTaken(kind: string, name: string): CoffreError {
  return new CoffreError('object.exists', `there is a ${kind} named ${name} already`, { hint: 'Choose another name.' })
}
