import type { Operation } from '@coffre/api-contract'

/**
 * Scopes narrow what a key may do: the id of an operation (`vaults.create`), all operations of a group (`vaults.*`, which is also
 * written `vaults`), or `read`, all operations that only read. A key without scopes may do what its maker may.
 */
export function scopesAllow(scopes: readonly string[] | undefined, { id, right }: Pick<Operation, 'id' | 'right'>): boolean {
  if (scopes === undefined) return true
  return scopes.some(
    (scope) => scope === id || (scope === 'read' && right === 'read') || id.startsWith(`${scope.replace(/\.\*$/, '')}.`),
  )
}

export function isScope(text: string): boolean {
  return text.length <= 100 && /^[a-z][a-z-]*(\.(\*|[a-z][a-z-]*))?$/.test(text)
}
