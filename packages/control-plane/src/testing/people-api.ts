import { Client, type Operation } from '@coffre/api-contract'
import { systemContext } from '@coffre/foundation'
import { FakeClock } from '@coffre/testkit'
import { AuditLog } from '../audit/audit-log.ts'
import { defineHandler, defineStreamHandler, type Handler } from '../http/api-call.ts'
import { newHttpApp } from '../http/http-app.ts'
import type { HttpApp } from '../http/http-env.ts'
import { MetricRegistry } from '../http/metric-registry.ts'
import { LocalCredential } from '../people/local-credential.ts'
import { PeopleAuthenticator } from '../people/people-authenticator.ts'
import { type SignedIn, userIdOf } from '../people/principal.ts'
import type { Role } from '../people/roles.ts'
import { apiHandlers } from '../server/api-handlers.ts'
import { serverSettings } from '../server/server-settings.ts'
import { startTestPeople, type TestPeople } from './test-people.ts'

/** Somebody who has signed in. */
export interface Person {
  readonly id: string
  readonly actor: SignedIn
  readonly token: string
  readonly client: Client
}

/** The whole API as the server has it, with people who sign in, on a real catalogue and a clock that the test moves. */
export class PeopleApi implements AsyncDisposable {
  readonly its: TestPeople
  readonly clock: FakeClock
  readonly handlers: readonly Handler[]
  /** Ids of the operations that the server answers. */
  readonly answered: ReadonlySet<string>
  readonly audit: AuditLog
  /** What the server logged. */
  readonly logged: string[] = []
  /** Whose address requests come from. */
  address = '192.0.2.1'
  readonly #app: HttpApp

  private constructor(its: TestPeople, clock: FakeClock, local: LocalCredential, answered: readonly Operation[]) {
    const { catalogue, secrets, people, stateFolder, orgId, projectId } = its
    const context = { clock, random: systemContext.random }
    const tenant = { orgId, projectId }
    this.its = its
    this.clock = clock
    this.audit = new AuditLog(catalogue, context)
    const settings = serverSettings({ COFFRE_STATE: stateFolder }, false)
    const own = apiHandlers({ catalogue, secrets, context, people, audit: this.audit, settings, machine: 'machine' })
    this.answered = new Set(own.map(({ operation }) => operation.id))
    this.handlers = [...own, ...answered.filter(({ id }) => !this.answered.has(id)).map(unanswered)]
    this.#app = newHttpApp({
      context,
      catalogue,
      audit: this.audit,
      tenant,
      authenticator: new PeopleAuthenticator({ ...people, catalogue, local, tenant }),
      metrics: new MetricRegistry(),
      log: (line) => void this.logged.push(line),
      version: '0.0.0',
      // Unless a test is about limits, none of them is in its way.
      rateLimits: { address: { perSecond: 1e6, burst: 1e6 }, principal: { perSecond: 1e6, burst: 1e6 } },
      handlers: this.handlers,
    })
  }

  /** Of `answered`, what nothing in the server answers yet is answered by a failure: whoever gets there was let in. */
  static async start(answered: readonly Operation[] = []): Promise<PeopleApi> {
    const clock = new FakeClock()
    const its = await startTestPeople({ clock, random: systemContext.random })
    return new PeopleApi(its, clock, await LocalCredential.renew(its.stateFolder, systemContext.random), answered)
  }

  /** Sends a request as it is, as somebody at `address` would. */
  request(path: string, init: RequestInit = {}): Promise<Response> {
    return Promise.resolve(this.#app.request(path, init, { incoming: { socket: { remoteAddress: this.address } } }))
  }

  /** A client with this token; without one, nobody. */
  client(token?: string): Client {
    const send: typeof fetch = (input, init) => this.request(String(input), init)
    return new Client({ url: 'http://localhost', fetch: send, ...(token === undefined ? {} : { token }) })
  }

  /** A user with these roles, in the whole organisation or in a project, in an open session. */
  async person(name: string, roles: readonly Role[], projectId?: string): Promise<Person> {
    const actor = await this.its.addUser(name, roles, projectId)
    return this.again({ id: userIdOf(actor), actor })
  }

  /** The same user in another session, as after some days. */
  async again({ id, actor }: Pick<Person, 'id' | 'actor'>): Promise<Person> {
    const opened = { userId: id, hasSecondFactor: false, address: undefined, userAgent: undefined }
    const { token } = await this.its.people.sessions.open(opened)
    return { id, actor, token, client: this.client(token) }
  }

  /** The newest entries of the audit log, the newest first. */
  async lastEntries(count: number) {
    const rows = await this.its.catalogue.selectFrom('auditEntry').selectAll().orderBy('number', 'desc').limit(count).execute()
    return rows.map(({ principal, operation, target, outcome, code, detail }) => {
      return { principal, operation, target, outcome, code, detail }
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.its[Symbol.asyncDispose]()
  }
}

function unanswered(operation: Operation): Handler {
  const fail = (): never => {
    throw new Error(`nothing answers ${operation.id} yet`)
  }
  if (operation.isStream !== true) return defineHandler(operation, async () => fail())
  // biome-ignore lint/correctness/useYield: it fails before its first event.
  return defineStreamHandler(operation, async function* () {
    fail()
  })
}
