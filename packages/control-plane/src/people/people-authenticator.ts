import type { Operation, Right } from '@coffre/api-contract'
import { CoffreError } from '@coffre/foundation'
import type { Catalogue } from '../catalogue/database.ts'
import type { Tenant } from '../catalogue/first-tenant.ts'
import type { Authenticator, Principal } from '../http/authenticator.ts'
import type { AddressList } from './address-list.ts'
import { ApiKeys } from './api-keys.ts'
import { type Grants, localUser } from './grants.ts'
import { LocalCredential } from './local-credential.ts'
import { authorize, forbidden, type SignedIn, signedIn } from './principal.ts'
import { rightsOfNoKey } from './roles.ts'
import { Sessions } from './sessions.ts'
import type { TwoFactor } from './two-factor.ts'

/** Holds a session's token in a browser; to be set HttpOnly, SameSite=Strict, and Secure unless on loopback. */
const sessionCookie = 'coffre-session'
/** The id or name of the project that a request is about; without it, the first that the principal has rights in. */
const projectHeader = 'coffre-project'

export interface AuthenticatorParts {
  readonly catalogue: Catalogue
  readonly grants: Grants
  readonly sessions: Sessions
  readonly keys: ApiKeys
  readonly twoFactor: TwoFactor
  readonly addresses: AddressList
  readonly local: LocalCredential
  /** Whom the local credential works for. */
  readonly tenant: Tenant
}

/**
 * Sessions (bearer or cookie), keys and the local credential. A cookie counts only for requests that the browser says come from
 * Coffre's own pages. The caller audits refusals.
 */
export class PeopleAuthenticator implements Authenticator {
  readonly #parts: AuthenticatorParts

  constructor(parts: AuthenticatorParts) {
    this.#parts = parts
  }

  async authenticate(headers: Headers, address: string | undefined, signal: AbortSignal): Promise<SignedIn | undefined> {
    signal.throwIfAborted()
    const token = bearerOf(headers) ?? cookieOf(headers)
    if (token === undefined) return undefined
    const wantedProject = headers.get(projectHeader) ?? undefined
    if (LocalCredential.isToken(token)) return this.#local(token, address, wantedProject)
    if (ApiKeys.isKey(token)) return this.#key(token, address, wantedProject)
    if (Sessions.isToken(token)) return this.#session(token, address, wantedProject)
    throw unknown()
  }

  authorize(principal: Principal, operation: Pick<Operation, 'id' | 'right'>): void {
    authorize(signedIn(principal), operation)
  }

  async #local(token: string, address: string | undefined, wantedProject: string | undefined): Promise<SignedIn> {
    const { local, tenant } = this.#parts
    if (!local.accepts(token, address)) throw unknown()
    const { orgId } = tenant
    const projectId = wantedProject === undefined ? tenant.projectId : await this.#findProject(orgId, wantedProject)
    const rights = await this.#parts.grants.rightsOf(localUser, orgId, projectId)
    return { id: localUser, user: localUser, by: 'local', orgId, projectId, rights, mustEnrol: false }
  }

  async #key(token: string, address: string | undefined, wantedProject: string | undefined): Promise<SignedIn> {
    const key = await this.#parts.keys.find(token)
    const { orgId, createdBy: user } = key
    await this.#parts.addresses.check(orgId, address)
    const projectId = await this.#projectOf(user, orgId, wantedProject, key.projectId ?? undefined)
    if (key.projectId !== null && key.projectId !== projectId) throw forbidden('this key is for another project')
    const all = await this.#parts.grants.rightsOf(user, orgId, projectId)
    const rights = all.difference(new Set<Right>(rightsOfNoKey))
    const scopes = key.scopes === null ? {} : { scopes: key.scopes }
    const bound = key.projectId === null ? {} : { isBound: true as const }
    return { id: `key:${key.id}`, user, by: 'key', orgId, projectId, rights, mustEnrol: false, ...scopes, ...bound }
  }

  async #session(token: string, address: string | undefined, wantedProject: string | undefined): Promise<SignedIn> {
    const { grants, twoFactor, addresses } = this.#parts
    const { id: sessionId, userId, orgId, hasSecondFactor } = await this.#parts.sessions.find(token)
    await addresses.check(orgId, address)
    const user = `user:${userId}`
    const projectId = await this.#projectOf(user, orgId, wantedProject, undefined)
    const mustEnrol = !hasSecondFactor && (await twoFactor.isMandatory(orgId))
    const rights = mustEnrol ? new Set<Right>() : await grants.rightsOf(user, orgId, projectId)
    return { id: user, user, by: 'session', sessionId, orgId, projectId, rights, mustEnrol }
  }

  async #projectOf(user: string, orgId: string, wanted: string | undefined, own: string | undefined): Promise<string> {
    if (wanted !== undefined) return this.#findProject(orgId, wanted)
    return own ?? (await this.#parts.grants.firstProjectOf(user, orgId)) ?? this.#firstProject(orgId)
  }

  async #findProject(orgId: string, wanted: string): Promise<string> {
    const rows = await this.#parts.catalogue.selectFrom('project').select(['id', 'name']).where('orgId', '=', orgId).execute()
    const found = rows.find(({ id }) => id === wanted) ?? rows.find(({ name }) => name === wanted)
    if (found !== undefined) return found.id
    throw forbidden('you do not have any right in the project that the request names')
  }

  async #firstProject(orgId: string): Promise<string> {
    const all = this.#parts.catalogue.selectFrom('project').select('id').where('orgId', '=', orgId)
    return (await all.orderBy('createdAt').orderBy('id').limit(1).executeTakeFirstOrThrow()).id
  }
}

function bearerOf(headers: Headers): string | undefined {
  const authorization = headers.get('authorization')
  if (authorization === null) return undefined
  const token = /^bearer +(\S+) *$/i.exec(authorization)?.[1]
  if (token === undefined) throw unknown()
  return token
}

function cookieOf(headers: Headers): string | undefined {
  const cookies = headers.get('cookie')?.split(';') ?? []
  const found = cookies.map((cookie) => cookie.trim()).find((cookie) => cookie.startsWith(`${sessionCookie}=`))
  if (found === undefined) return undefined
  const site = headers.get('sec-fetch-site')
  if (site !== null && site !== 'same-origin' && site !== 'none') throw forbidden('another site’s page made this request')
  const token = found.slice(sessionCookie.length + 1)
  if (!Sessions.isToken(token)) throw unknown()
  return token
}

function unknown(): CoffreError {
  return new CoffreError('auth.failed', 'these credentials are unknown', {
    hint: 'Sign in with `coffre login`, or give a key as a bearer token. The local credential works on the server’s machine only.',
  })
}
