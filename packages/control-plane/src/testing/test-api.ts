import { Client, type Right } from '@coffre/api-contract'
import { type Context, systemContext } from '@coffre/foundation'
import { FakeClock } from '@coffre/testkit'
import { AuditLog } from '../audit/audit-log.ts'
import type { Catalogue } from '../catalogue/database.ts'
import { newId } from '../catalogue/new-id.ts'
import type { Handler } from '../http/api-call.ts'
import { newHttpApp } from '../http/http-app.ts'
import type { HttpApp } from '../http/http-env.ts'
import { MetricRegistry } from '../http/metric-registry.ts'
import type { RateLimitSizes } from '../http/rate-limits.ts'
import { ScriptedAuthenticator } from './scripted-authenticator.ts'
import { makeProject, type TestCatalogue } from './test-catalogue.ts'

export interface TestApiOptions {
  readonly handlers: readonly Handler[]
  readonly rateLimits?: RateLimitSizes
  /** Another one than the one that the tenant was made in. */
  readonly catalogue?: Catalogue
}

/** The whole API over given handlers, on a real catalogue and a clock that the test moves, in a tenant of its own. */
export class TestApi {
  readonly app: HttpApp
  readonly authenticator = new ScriptedAuthenticator()
  readonly audit: AuditLog
  readonly tenant: { readonly orgId: string; readonly projectId: string }
  readonly clock: FakeClock
  readonly metrics = new MetricRegistry()
  /** What the server logged. */
  readonly logged: string[] = []
  /** Whose address requests come from. */
  address = '192.0.2.1'

  private constructor(
    its: TestCatalogue,
    context: Context & { readonly clock: FakeClock },
    tenant: TestApi['tenant'],
    options: TestApiOptions,
  ) {
    this.tenant = tenant
    this.clock = context.clock
    const catalogue = options.catalogue ?? its.catalogue
    this.audit = new AuditLog(catalogue, context)
    this.app = newHttpApp({
      context,
      tenant,
      audit: this.audit,
      authenticator: this.authenticator,
      metrics: this.metrics,
      log: (line) => void this.logged.push(line),
      version: '0.0.0',
      // Unless a test is about limits, none of them is in its way.
      rateLimits: { address: { perSecond: 1e6, burst: 1e6 }, principal: { perSecond: 1e6, burst: 1e6 } },
      ...options,
      catalogue,
    })
  }

  static async start(its: TestCatalogue, options: TestApiOptions): Promise<TestApi> {
    const context = { clock: new FakeClock(), random: systemContext.random }
    const tenant = await makeProject(its.catalogue, context, `tenant-${newId(context)}`)
    return new TestApi(its, context, tenant, options)
  }

  /** Sends a request as it is, as somebody at `address` would. */
  request(path: string, init: RequestInit = {}): Promise<Response> {
    return Promise.resolve(this.app.request(path, init, { incoming: { socket: { remoteAddress: this.address } } }))
  }

  /** A client that has signed in as `name` with these rights; as nobody without them. */
  client(name?: string, rights: readonly Right[] = []): Client {
    const send: typeof fetch = (input, init) => this.request(String(input), init)
    if (name === undefined) return new Client({ url: 'http://localhost', fetch: send })
    this.authenticator.set(name, { id: `user:${name}`, ...this.tenant, rights: new Set(rights) })
    return new Client({ url: 'http://localhost', fetch: send, token: name })
  }
}
