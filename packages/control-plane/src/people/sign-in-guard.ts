import { createHash } from 'node:crypto'
import { CoffreError, type Context, hourMs, minuteMs } from '@coffre/foundation'
import { sql, type Transaction } from 'kysely'
import type { Catalogue, Database } from '../catalogue/database.ts'
import { formatNetwork, networkOf, parseAddress } from './addresses.ts'
import { sessionMemoryMs } from './sessions.ts'

interface Limit {
  /** So many failures cost nothing; each one more doubles the pause, which begins at a second. */
  readonly free: number
  readonly pauseMsMax: number
  readonly forgetMs: number
}

/** A name from one network; a network, whatever names it tries; a name, from wherever. */
const limits = {
  pair: { free: 5, pauseMsMax: 15 * minuteMs, forgetMs: 24 * hourMs },
  network: { free: 20, pauseMsMax: 15 * minuteMs, forgetMs: hourMs },
  name: { free: 10, pauseMsMax: minuteMs, forgetMs: 24 * hourMs },
} as const satisfies Record<string, Limit>

interface Subject {
  readonly key: string
  readonly limit: Limit
}

/** One attempt to sign in, counted as a failure from its beginning: attempts made at once cannot pass a limit together. */
export interface Attempt {
  readonly subjects: readonly Subject[]
}

/**
 * Slows down who guesses, by pauses that grow, in three ways at once:
 *
 * - a name from one network (an IPv4 address, a /64 of IPv6): five failures, then 1 s, 2 s … up to 15 minutes;
 * - a network: twenty failures, whatever the names, then the same;
 * - a name from all networks together: ten failures, then up to one minute. This one does not count where the user has signed in
 *   during the last 90 days. So a crowd of strangers gets one guess a minute, and can keep nobody out who comes from where he
 *   usually does, nor end a session, stop a key, or the local credential of the server's machine.
 *
 * Names that no user has are treated alike. Names are kept as hashes, as people type passwords there. A success forgets what was
 * counted for the name, and its own part of what was counted for the network.
 */
export class SignInGuard {
  readonly #catalogue: Catalogue
  readonly #context: Context

  constructor(catalogue: Catalogue, context: Context) {
    this.#catalogue = catalogue
    this.#context = context
  }

  /** `auth.locked` during a pause, which does not make it longer. */
  async begin(name: string, address: string | undefined): Promise<Attempt> {
    const network = networkText(address)
    const isKnown = network !== undefined && (await this.#isKnown(name, network))
    const nameHash = createHash('sha256').update(`coffre sign-in\0${name}`).digest('base64url')
    const subjects = [
      { key: `pair:${nameHash}:${network ?? 'unknown'}`, limit: limits.pair },
      { key: `network:${network ?? 'unknown'}`, limit: limits.network },
      ...(isKnown ? [] : [{ key: `name:${nameHash}`, limit: limits.name }]),
    ].sort((a, b) => (a.key < b.key ? -1 : 1))
    await this.#catalogue.transaction().execute((within) => this.#count(subjects, within))
    return { subjects }
  }

  async succeeded({ subjects }: Attempt): Promise<void> {
    const own = subjects.filter(({ limit }) => limit !== limits.network).map(({ key }) => key)
    await this.#catalogue.deleteFrom('signInFailure').where('subject', 'in', own).execute()
    await this.withdrawn({ subjects: subjects.filter(({ limit }) => limit === limits.network) })
  }

  /** It was neither a success nor a guess. */
  async withdrawn({ subjects }: Attempt): Promise<void> {
    const keys = subjects.map(({ key }) => key)
    await this.#catalogue
      .updateTable('signInFailure')
      .set(({ eb }) => ({ failures: eb('failures', '-', 1), lockedUntil: null }))
      .where('subject', 'in', keys)
      .where('failures', '>', 0)
      .execute()
  }

  /** For a security officer, or the owner of the machine, who helps somebody. */
  async forget(name: string): Promise<void> {
    const nameHash = createHash('sha256').update(`coffre sign-in\0${name}`).digest('base64url')
    await this.#catalogue
      .deleteFrom('signInFailure')
      .where((row) =>
        row.or([row('subject', '=', `name:${nameHash}`), row('subject', 'like', `pair:${nameHash.replaceAll('_', '\\_')}:%`)]),
      )
      .execute()
  }

  async forgetOld(): Promise<void> {
    const before = new Date(this.#context.clock.nowMs() - limits.pair.forgetMs)
    await this.#catalogue.deleteFrom('signInFailure').where('lastAt', '<', before).execute()
  }

  async #count(subjects: readonly Subject[], within: Transaction<Database>): Promise<void> {
    const nowMs = this.#context.clock.nowMs()
    const now = new Date(nowMs)
    // Always in the same order, so that attempts wait for each other and never for ever.
    const fresh = subjects.map(({ key }) => ({ subject: key, failures: 0, lastAt: now }))
    await within
      .insertInto('signInFailure')
      .values(fresh)
      .onConflict((conflict) => conflict.column('subject').doNothing())
      .execute()
    const keys = subjects.map(({ key }) => key)
    const rows = await within
      .selectFrom('signInFailure')
      .selectAll()
      .where('subject', 'in', keys)
      .orderBy('subject')
      .forUpdate()
      .execute()
    const until = Math.max(...rows.map(({ lockedUntil }) => lockedUntil?.getTime() ?? 0))
    if (until > nowMs) throw locked(until - nowMs)
    for (const { subject, failures, lastAt } of rows) {
      const limit = subjects.find(({ key }) => key === subject)?.limit ?? limits.pair
      const count = (nowMs - lastAt.getTime() >= limit.forgetMs ? 0 : failures) + 1
      const pauseMs = pauseAfter(count, limit)
      await within
        .updateTable('signInFailure')
        .set({ failures: count, lastAt: now, lockedUntil: pauseMs === 0 ? null : new Date(nowMs + pauseMs) })
        .where('subject', '=', subject)
        .execute()
    }
  }

  async #isKnown(name: string, network: string): Promise<boolean> {
    const since = new Date(this.#context.clock.nowMs() - sessionMemoryMs)
    const found = await this.#catalogue
      .selectFrom('session')
      .innerJoin('userAccount', 'userAccount.id', 'session.userId')
      .select('session.id')
      .where('userAccount.name', '=', name)
      .where('session.createdAt', '>', since)
      .where(sql<boolean>`session.address <<= ${network}::cidr`)
      .limit(1)
      .executeTakeFirst()
    return found !== undefined
  }
}

function pauseAfter(failures: number, { free, pauseMsMax }: Limit): number {
  return failures < free ? 0 : Math.min(pauseMsMax, 1000 * 2 ** (failures - free))
}

function networkText(address: string | undefined): string | undefined {
  const parsed = address === undefined ? undefined : parseAddress(address)
  return parsed === undefined ? undefined : formatNetwork(networkOf(parsed, parsed.bits === 32 ? 32 : 64))
}

function locked(remainingMs: number): CoffreError {
  const seconds = Math.ceil(remainingMs / 1000)
  return new CoffreError('auth.locked', `too many failed sign-ins; the next may come in ${seconds} seconds`, {
    hint: 'Wait, then try again. Open sessions, keys and the server’s own machine are not concerned.',
  })
}
