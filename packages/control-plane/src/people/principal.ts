import type { Operation } from '@coffre/api-contract'
import { CoffreError } from '@coffre/foundation'
import type { Principal } from '../http/authenticator.ts'
import { scopesAllow } from './scopes.ts'

/** The principal of a request, with what services of people must know besides. */
export interface SignedIn extends Principal {
  /** The user who answers for it, as a principal: of a key, its maker. Nobody is two people by having a key. */
  readonly user: string
  readonly by: 'session' | 'key' | 'local'
  /** Only of sessions. */
  readonly sessionId?: string
  /** Of a key for one project: it has no rights in the whole organisation, whatever its maker has. */
  readonly isBound?: true
  /** The organisation asks for a second factor, and this session has none: it may only enrol one. */
  readonly mustEnrol: boolean
}

/** What a session may do before its second factor: enrol, see itself, and end. */
const beforeSecondFactor: readonly string[] = ['two-factor.*', 'sessions.current', 'sessions.end']

/** The principal that the authenticator returned, as handlers of the API have it. */
export function signedIn(principal: Principal): SignedIn {
  if ('by' in principal && 'user' in principal && 'mustEnrol' in principal) return principal as SignedIn
  throw new CoffreError('auth.required', 'this needs a sign-in', { hint: 'Sign in, or give a key.' })
}

/** Throws `auth.forbidden`, or `auth.second-factor`, unless the principal may do this operation. */
export function authorize(principal: SignedIn, operation: Pick<Operation, 'id' | 'right'>): void {
  if (operation.right === 'public') return
  if (principal.mustEnrol && !scopesAllow(beforeSecondFactor, operation))
    throw new CoffreError('auth.second-factor', 'your organisation asks for a second factor, and you have none yet', {
      hint: 'Enrol an authenticator application first; everything else is refused until then.',
    })
  if (!scopesAllow(principal.scopes, operation)) throw forbidden(`the scopes of this key do not include ${operation.id}`)
  if (operation.right === 'signed-in' || principal.rights.has(operation.right)) return
  throw forbidden(`${operation.id} needs the right ${operation.right}, which you do not have in this project`)
}

/** Refuses keys, and whoever is no user of the catalogue: what is done here is about one's own account. */
export function userIdOf(principal: SignedIn): string {
  const [kind, id] = principal.id.split(':')
  if (principal.by === 'session' && kind === 'user' && id !== undefined) return id
  throw forbidden('only somebody who has signed in can do this')
}

export function forbidden(message: string): CoffreError {
  return new CoffreError('auth.forbidden', message, { hint: 'Ask a security officer for the role that it takes.' })
}
