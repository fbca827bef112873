import type { Right } from '@coffre/api-contract'
import type { Grants } from './grants.ts'
import { forbidden, type SignedIn } from './principal.ts'
import { rightsOfNoKey } from './roles.ts'

/** Whether the actor has the right in the whole organisation, and not just in the project of the request. */
export async function holdsEverywhere(grants: Grants, actor: SignedIn, right: Right): Promise<boolean> {
  if (actor.isBound === true || (actor.by === 'key' && rightsOfNoKey.includes(right))) return false
  return (await grants.rightsOf(actor.user, actor.orgId, null)).has(right)
}

/** Throws `auth.forbidden` unless they have. What is one for all projects is not for who guards one of them. */
export async function requireEverywhere(grants: Grants, actor: SignedIn, right: Right): Promise<void> {
  if (await holdsEverywhere(grants, actor, right)) return
  throw forbidden(`you do not have the right ${right} in the whole organisation`)
}
