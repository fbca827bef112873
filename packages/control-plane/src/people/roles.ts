import type { Right } from '@coffre/api-contract'

export const roles = ['viewer', 'operator', 'restore-operator', 'backup-administrator', 'security-officer', 'auditor'] as const
export type Role = (typeof roles)[number]

/**
 * What each role may do. Who runs backups (operator, backup administrator), who brings data back (restore operator) and who guards
 * the locks (security officer) are different people; the auditor sees everything and changes nothing.
 */
export const rightsOfRole: Readonly<Record<Role, readonly Right[]>> = {
  'viewer': ['read'],
  'operator': ['read', 'source.write', 'backup.run'],
  'restore-operator': ['read', 'restore.run'],
  'backup-administrator': ['read', 'source.write', 'plan.write', 'backup.run', 'vault.write', 'point.delete'],
  'security-officer': ['read', 'audit.read', 'vault.lock', 'hold.write', 'approval.vote', 'people.write', 'settings.write'],
  'auditor': ['read', 'audit.read'],
}

/** The first user's: everything that goes together with guarding the locks. */
export const rolesOfFirstUser: readonly Role[] = ['security-officer', 'operator', 'restore-operator']

/**
 * What the owner of the server's machine has by nature: whoever reads the state folder has the master key and the catalogue. Locks,
 * holds and votes are not among it, as they are what several people answer for.
 */
export const rightsOfLocal: readonly Right[] = [
  'read',
  'audit.read',
  'source.write',
  'plan.write',
  'backup.run',
  'restore.run',
  'vault.write',
  'point.delete',
  'people.write',
  'settings.write',
]

/** What no key does, whoever made it: votes and changes of people are for somebody who has signed in. */
export const rightsOfNoKey: readonly Right[] = ['approval.vote', 'people.write']

/** What takes a protection away, and what destroys once it is gone: nobody has one of each, in whatever projects. */
const weakening: readonly Right[] = ['vault.lock', 'hold.write', 'approval.vote']
const destroying: readonly Right[] = ['point.delete', 'vault.write']

export interface RoleConflict {
  readonly weakens: { readonly role: Role; readonly right: Right }
  readonly destroys: { readonly role: Role; readonly right: Right }
}

/** Why nobody may hold these roles together; undefined when somebody may. */
export function conflictOf(held: Iterable<Role>): RoleConflict | undefined {
  const all = [...held]
  const weakens = holderOf(all, weakening)
  const destroys = holderOf(all, destroying)
  return weakens === undefined || destroys === undefined ? undefined : { weakens, destroys }
}

function holderOf(held: readonly Role[], some: readonly Right[]): { role: Role; right: Right } | undefined {
  for (const role of held) {
    const right = some.find((one) => rightsOfRole[role].includes(one))
    if (right !== undefined) return { role, right }
  }
  return undefined
}

export function isRole(text: string): text is Role {
  return (roles as readonly string[]).includes(text)
}
