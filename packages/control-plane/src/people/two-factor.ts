import { CoffreError, type Context } from '@coffre/foundation'
import type { Transaction } from 'kysely'
import type { Catalogue, Database } from '../catalogue/database.ts'
import type { SecretStore } from '../secrets/secret-store.ts'
import { findUser } from './grants.ts'
import { type SignedIn, userIdOf } from './principal.ts'
import { hashToken } from './tokens.ts'
import { base32, matchTotp, totpUri } from './totp.ts'

const purpose = 'two-factor'
const secretBytes = 20
const recoveryCodes = 10
/** 80 bits each: nobody guesses them, so that a plain hash keeps them. */
const recoveryBytes = 10
const settingKey = 'two-factor'

export interface Enrolment {
  /** To be typed into an application, or shown as a QR code. Both are shown this once only. */
  readonly secret: string
  readonly uri: string
}

/**
 * TOTP and recovery codes. No time step and no recovery code counts twice, whatever number of requests bring it at once. The caller
 * audits, within the same transaction where there is one.
 */
export class TwoFactor {
  readonly #catalogue: Catalogue
  readonly #secrets: SecretStore
  readonly #context: Context

  constructor(catalogue: Catalogue, secrets: SecretStore, context: Context) {
    this.#catalogue = catalogue
    this.#secrets = secrets
    this.#context = context
  }

  async isEnrolled(userId: string): Promise<boolean> {
    const found = await this.#catalogue
      .selectFrom('twoFactor')
      .select('confirmedAt')
      .where('userId', '=', userId)
      .executeTakeFirst()
    return found !== undefined && found.confirmedAt !== null
  }

  /** Whether everybody of the organisation must have a second factor. */
  async isMandatory(orgId: string): Promise<boolean> {
    const found = await this.#catalogue
      .selectFrom('setting')
      .select('value')
      .where('orgId', '=', orgId)
      .where('projectId', 'is', null)
      .where('key', '=', settingKey)
      .executeTakeFirst()
    return found !== undefined && (found.value as { readonly mandatory?: boolean }).mandatory === true
  }

  /** Takes effect at once, for open sessions too. */
  async setMandatory(actor: SignedIn, mandatory: boolean, within: Transaction<Database>): Promise<void> {
    const values = { value: JSON.stringify({ mandatory }), changedAt: this.#now(), changedBy: actor.id }
    await within
      .insertInto('setting')
      .values({ orgId: actor.orgId, projectId: null, key: settingKey, ...values })
      .onConflict((conflict) => conflict.columns(['orgId', 'projectId', 'key']).doUpdateSet(values))
      .execute()
  }

  /** Begins an enrolment, in place of one that was not confirmed. `object.exists` when there is a confirmed one. */
  async enrol(actor: SignedIn, within: Transaction<Database>): Promise<Enrolment> {
    const userId = userIdOf(actor)
    const user = await findUser(userId, actor.orgId, within)
    const found = await within
      .selectFrom('twoFactor')
      .select('confirmedAt')
      .where('userId', '=', userId)
      .forUpdate()
      .executeTakeFirst()
    if (found !== undefined && found.confirmedAt !== null)
      throw new CoffreError('object.exists', 'you have a second factor already', { hint: 'Remove it first, with a code from it.' })
    await removeSecondFactor(userId, within)
    const secret = this.#context.random.bytes(secretBytes)
    // Secrets belong to projects, users to organisations: the request's own will do.
    const secretId = await this.#secrets.put(actor.projectId, purpose, secret, within)
    await within
      .insertInto('twoFactor')
      .values({ userId, secretId, createdAt: this.#now(), confirmedAt: null, lastStep: 0 })
      .execute()
    return { secret: base32(secret), uri: totpUri(secret, user.name) }
  }

  /** Proves that the application works; from now on this session has its second factor. Returns the recovery codes, once. */
  async confirm(actor: SignedIn, code: string, within: Transaction<Database>): Promise<readonly string[]> {
    const userId = userIdOf(actor)
    const found = await within
      .selectFrom('twoFactor')
      .select('confirmedAt')
      .where('userId', '=', userId)
      .forUpdate()
      .executeTakeFirst()
    if (found === undefined || found.confirmedAt !== null || !(await this.#useTotp(userId, code, within))) throw wrongCode()
    const at = this.#now()
    await within.updateTable('twoFactor').set({ confirmedAt: at }).where('userId', '=', userId).execute()
    await within
      .updateTable('session')
      .set({ secondFactorAt: at })
      .where('id', '=', actor.sessionId ?? '')
      .execute()
    return this.#makeRecoveryCodes(userId, within)
  }

  /** Uses a code of the application, or a recovery code, up. */
  async use(userId: string, code: string, within: Transaction<Database> | Catalogue = this.#catalogue): Promise<boolean> {
    const typed = code.replace(/[\s-]/g, '').toUpperCase()
    if (/^\d{6}$/.test(typed)) return this.#useTotp(userId, typed, within)
    const { numDeletedRows } = await within
      .deleteFrom('recoveryCode')
      .where('userId', '=', userId)
      .where('codeHash', '=', hashToken(typed))
      .executeTakeFirst()
    return numDeletedRows === 1n
  }

  /** One's own; the caller has had the identity confirmed (`SignIn.confirm`). `object.missing` without any. */
  async remove(actor: SignedIn, within: Transaction<Database>): Promise<void> {
    await this.#lockEnrolled(userIdOf(actor), within)
    await removeSecondFactor(userIdOf(actor), within)
  }

  /** New recovery codes in place of all that were left, on the same conditions. */
  async renewRecoveryCodes(actor: SignedIn, within: Transaction<Database>): Promise<readonly string[]> {
    const userId = userIdOf(actor)
    await this.#lockEnrolled(userId, within)
    await within.deleteFrom('recoveryCode').where('userId', '=', userId).execute()
    return this.#makeRecoveryCodes(userId, within)
  }

  async #lockEnrolled(userId: string, within: Transaction<Database>): Promise<void> {
    const found = await within
      .selectFrom('twoFactor')
      .select('confirmedAt')
      .where('userId', '=', userId)
      .forUpdate()
      .executeTakeFirst()
    if (found !== undefined && found.confirmedAt !== null) return
    throw new CoffreError('object.missing', 'you have no second factor', { hint: 'Enrol an authenticator application first.' })
  }

  async #useTotp(userId: string, code: string, within: Transaction<Database> | Catalogue): Promise<boolean> {
    const found = await within
      .selectFrom('twoFactor')
      .select(['secretId', 'lastStep'])
      .where('userId', '=', userId)
      .executeTakeFirst()
    if (found === undefined) return false
    // Not within the transaction that made it: enrolment is over by now.
    const secret = await this.#secrets.get(found.secretId, purpose)
    const step = matchTotp(secret, code, this.#context.clock.nowMs(), found.lastStep)
    if (step === undefined) return false
    const { numUpdatedRows } = await within
      .updateTable('twoFactor')
      .set({ lastStep: step })
      .where('userId', '=', userId)
      .where('lastStep', '<', step)
      .executeTakeFirst()
    return numUpdatedRows === 1n
  }

  async #makeRecoveryCodes(userId: string, within: Transaction<Database>): Promise<readonly string[]> {
    const codes = Array.from({ length: recoveryCodes }, () => base32(this.#context.random.bytes(recoveryBytes)))
    await within
      .insertInto('recoveryCode')
      .values(codes.map((code) => ({ userId, codeHash: hashToken(code) })))
      .execute()
    return codes.map((code) => code.replace(/(.{4})(?=.)/g, '$1-'))
  }

  #now(): Date {
    return new Date(this.#context.clock.nowMs())
  }
}

export async function removeSecondFactor(userId: string, within: Transaction<Database>): Promise<void> {
  const removed = await within.deleteFrom('twoFactor').where('userId', '=', userId).returning('secretId').executeTakeFirst()
  if (removed !== undefined) await within.deleteFrom('secret').where('id', '=', removed.secretId).execute()
}

function wrongCode(): CoffreError {
  return new CoffreError('auth.failed', 'this code is wrong, or was used', {
    hint: 'Wait for the next code. Is the clock of the telephone right?',
  })
}
