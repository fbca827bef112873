import { CoffreError, type Context } from '@coffre/foundation'
import type { Transaction } from 'kysely'
import type { Database } from '../catalogue/database.ts'
import { newId } from '../catalogue/new-id.ts'
import { hashToken, newToken } from './tokens.ts'

interface TokenUse {
  readonly orgId: string
  /** Null: to make the first user. */
  readonly userId: string | null
}

/** A token for one use. Those that were made before for the same are void from now on. */
export async function issueToken(
  context: Context,
  { orgId, userId }: TokenUse,
  lifetimeMs: number,
  within: Transaction<Database>,
): Promise<string> {
  const token = newToken(context.random)
  const createdAt = new Date(context.clock.nowMs())
  await voidTokens({ orgId, userId }, within)
  await within
    .insertInto('oneTimeToken')
    .values({
      id: newId(context),
      orgId,
      userId,
      tokenHash: hashToken(token),
      createdAt,
      expiresAt: later(createdAt, lifetimeMs),
      usedAt: null,
    })
    .execute()
  return token
}

export async function voidTokens({ orgId, userId }: TokenUse, within: Transaction<Database>): Promise<void> {
  await within
    .deleteFrom('oneTimeToken')
    .where('orgId', '=', orgId)
    .where('userId', userId === null ? 'is' : '=', userId)
    .where('usedAt', 'is', null)
    .execute()
}

/** Uses a token up; of two who come with it at once, one succeeds. `auth.failed` when it is none, `auth.expired` when it is too old. */
export async function takeToken(context: Context, token: string, within: Transaction<Database>): Promise<TokenUse> {
  const now = new Date(context.clock.nowMs())
  const found = await within
    .updateTable('oneTimeToken')
    .set({ usedAt: now })
    .where('tokenHash', '=', hashToken(token))
    .where('usedAt', 'is', null)
    .returning(['orgId', 'userId', 'expiresAt'])
    .executeTakeFirst()
  if (found === undefined)
    throw new CoffreError('auth.failed', 'this one-time token is unknown, or was used', { hint: 'Ask for a new one.' })
  if (found.expiresAt > now) return found
  throw new CoffreError('auth.expired', `this one-time token was good until ${found.expiresAt.toISOString()}`, {
    hint: 'Ask for a new one. The token of the first start is renewed when the server starts.',
  })
}

function later(at: Date, byMs: number): Date {
  return new Date(at.getTime() + byMs)
}
