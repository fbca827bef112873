import { parseLocation } from '@coffre/storage'

/** Where a job must be done that works in these vaults: on the machine whose disk one of them is on, or anywhere. */
export function machineFor(machine: string, ...vaults: readonly { readonly location: string }[]): string | null {
  return vaults.some(({ location }) => parseLocation(location).kind === 'local') ? machine : null
}
