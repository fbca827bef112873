import { CoffreError, type Context, hourMs } from '@coffre/foundation'
import type { Transaction } from 'kysely'
import type { Catalogue, Database } from '../catalogue/database.ts'
import { newId } from '../catalogue/new-id.ts'
import { missing } from './grants.ts'
import { hashToken, newToken } from './tokens.ts'

const idleMs = 12 * hourMs
const lifetimeMs = 7 * 24 * hourMs
const touchMs = 60_000
/** Ended sessions are kept so long: where a user signed in from lately tells his attempts from those of strangers. */
export const sessionMemoryMs = 90 * 24 * hourMs
const prefix = 'coffre-session_'

export interface Session {
  readonly id: string
  readonly userId: string
  readonly createdAt: Date
  readonly lastUsedAt: Date
  readonly expiresAt: Date
  readonly address: string | null
  readonly userAgent: string | null
  readonly hasSecondFactor: boolean
}

export interface NewSession {
  readonly userId: string
  readonly hasSecondFactor: boolean
  readonly address: string | undefined
  readonly userAgent: string | undefined
}

/** A session that was found by its token, with whom it belongs to. */
export interface FoundSession extends Session {
  readonly orgId: string
}

/**
 * Sessions by token, which alone opens them. They end after twelve hours without use, after seven days, when they are revoked, and
 * with their user.
 */
export class Sessions {
  readonly #catalogue: Catalogue
  readonly #context: Context

  constructor(catalogue: Catalogue, context: Context) {
    this.#catalogue = catalogue
    this.#context = context
  }

  async open(wanted: NewSession): Promise<{ readonly token: string; readonly session: Session }> {
    const token = `${prefix}${newToken(this.#context.random)}`
    const createdAt = new Date(this.#context.clock.nowMs())
    const row = {
      id: newId(this.#context),
      userId: wanted.userId,
      createdAt,
      lastUsedAt: createdAt,
      expiresAt: new Date(createdAt.getTime() + lifetimeMs),
      address: wanted.address ?? null,
      userAgent: wanted.userAgent?.slice(0, 300) ?? null,
      secondFactorAt: wanted.hasSecondFactor ? createdAt : null,
    }
    await this.#catalogue
      .insertInto('session')
      .values({ ...row, tokenHash: hashToken(token) })
      .execute()
    return { token, session: sessionOf(row) }
  }

  static isToken(text: string): boolean {
    return text.startsWith(prefix)
  }

  /** `auth.failed` for a token that is none, `auth.expired` for a session that has ended. */
  async find(token: string): Promise<FoundSession> {
    const row = await this.#catalogue
      .selectFrom('session')
      .innerJoin('userAccount', 'userAccount.id', 'session.userId')
      .selectAll('session')
      .select(['userAccount.orgId', 'userAccount.disabledAt'])
      .where('tokenHash', '=', hashToken(token))
      .executeTakeFirst()
    if (row === undefined) throw new CoffreError('auth.failed', 'this session is unknown', { hint: 'Sign in again.' })
    const nowMs = this.#context.clock.nowMs()
    if (row.revokedAt !== null || row.disabledAt !== null || hasEnded(row, nowMs))
      throw new CoffreError('auth.expired', 'this session has ended', { hint: 'Sign in again.' })
    if (nowMs - row.lastUsedAt.getTime() >= touchMs)
      await this.#catalogue
        .updateTable('session')
        .set({ lastUsedAt: new Date(nowMs) })
        .where('id', '=', row.id)
        .execute()
    return { ...sessionOf(row), orgId: row.orgId }
  }

  /** Those of a user that are open, the last used first. */
  async list(userId: string): Promise<Session[]> {
    const nowMs = this.#context.clock.nowMs()
    const rows = await this.#catalogue
      .selectFrom('session')
      .selectAll()
      .where('userId', '=', userId)
      .where('revokedAt', 'is', null)
      .orderBy('lastUsedAt', 'desc')
      .execute()
    return rows.filter((row) => !hasEnded(row, nowMs)).map(sessionOf)
  }

  /** `object.missing` unless it is a session of this user. One that has ended stays ended. */
  async revoke(userId: string, sessionId: string, within: Transaction<Database> | Catalogue = this.#catalogue): Promise<void> {
    const { numUpdatedRows } = await within
      .updateTable('session')
      .set(({ fn, val }) => ({ revokedAt: fn.coalesce('revokedAt', val(new Date(this.#context.clock.nowMs()))) }))
      .where('id', '=', sessionId)
      .where('userId', '=', userId)
      .executeTakeFirst()
    if (numUpdatedRows === 0n) throw missing('session', sessionId)
  }

  /** Ends all sessions of a user but one. Returns how many they were. */
  async revokeOthers(userId: string, sessionId: string, within: Transaction<Database>): Promise<number> {
    const { numUpdatedRows } = await within
      .updateTable('session')
      .set({ revokedAt: new Date(this.#context.clock.nowMs()) })
      .where('userId', '=', userId)
      .where('id', '<>', sessionId)
      .where('revokedAt', 'is', null)
      .executeTakeFirst()
    return Number(numUpdatedRows)
  }

  /** Forgets sessions that began long ago. */
  async forgetOld(): Promise<void> {
    const before = new Date(this.#context.clock.nowMs() - sessionMemoryMs)
    await this.#catalogue.deleteFrom('session').where('createdAt', '<', before).execute()
  }
}

function hasEnded({ expiresAt, lastUsedAt }: Pick<Session, 'expiresAt' | 'lastUsedAt'>, nowMs: number): boolean {
  return nowMs >= expiresAt.getTime() || nowMs - lastUsedAt.getTime() >= idleMs
}

function sessionOf(row: Omit<Session, 'hasSecondFactor'> & { readonly secondFactorAt: Date | null }): Session {
  const { id, userId, createdAt, lastUsedAt, expiresAt, address, userAgent, secondFactorAt } = row
  return { id, userId, createdAt, lastUsedAt, expiresAt, address, userAgent, hasSecondFactor: secondFactorAt !== null }
}
