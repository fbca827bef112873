import { CoffreError, isCoffreError } from '@coffre/foundation'

/** Makes a check before anything is changed. Undefined when it failed, and whoever asked goes on all the same. */
export type MakeCheck = <Value>(check: () => Value | Promise<Value>) => Promise<Value | undefined>

/** For a restore: what one check fails with, it fails with. */
export const endAtFirst: MakeCheck = async (check) => await check()

/** For somebody who asks beforehand: hears of all that the machine or the target stands against. What makes no sense is thrown. */
export class Obstacles {
  readonly found: CoffreError[] = []

  readonly note: MakeCheck = async (check) => {
    try {
      return await check()
    } catch (error) {
      if (!(error instanceof CoffreError) || isCoffreError(error, 'interrupted', 'usage.invalid', 'source.config-invalid'))
        throw error
      this.found.push(error)
      return undefined
    }
  }
}
