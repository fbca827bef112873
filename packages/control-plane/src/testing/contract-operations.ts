import * as contract from '@coffre/api-contract'

/** Every operation of the contract, whether or not something answers it yet. */
export function contractOperations(): readonly contract.Operation[] {
  return Object.values(contract as Readonly<Record<string, unknown>>).filter(isOperation)
}

function isOperation(value: unknown): value is contract.Operation {
  return typeof value === 'object' && value !== null && 'method' in value && 'path' in value
}
