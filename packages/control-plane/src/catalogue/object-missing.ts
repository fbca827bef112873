import { CoffreError } from '@coffre/foundation'

/** The project has no such object. That another project has it is not told. */
export function objectMissing(kind: string, idOrName: string): CoffreError {
  return new CoffreError('object.missing', `there is no ${kind} ${idOrName}`, {
    hint: `Ask for the list of ${kind}s to see what there is.`,
  })
}
