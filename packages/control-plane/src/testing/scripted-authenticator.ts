import type { Operation, Right } from '@coffre/api-contract'
import { CoffreError } from '@coffre/foundation'
import type { Authenticator, Principal } from '../http/authenticator.ts'

/** Knows those whom a test has let in, by tokens that the test chose. `expired` is a token that has expired. */
export class ScriptedAuthenticator implements Authenticator {
  readonly #principals = new Map<string, Principal>()

  /** Lets `token` be this principal; without one, nobody any more. */
  set(token: string, principal: Principal | undefined): void {
    if (principal === undefined) this.#principals.delete(token)
    else this.#principals.set(token, principal)
  }

  async authenticate(headers: Headers): Promise<Principal | undefined> {
    const token = headers.get('authorization')?.replace(/^Bearer /, '')
    if (token === undefined) return undefined
    if (token === 'expired') throw new CoffreError('auth.expired', 'this key has expired')
    const principal = this.#principals.get(token)
    if (principal === undefined) throw new CoffreError('auth.required', 'this token is nobody’s')
    return principal
  }

  authorize({ rights }: Principal, { right, id }: Pick<Operation, 'id' | 'right'>): void {
    if (right === 'public' || right === 'signed-in' || rights.has(right satisfies Right)) return
    throw new CoffreError('auth.forbidden', `${id} needs the right ${right}`)
  }
}
