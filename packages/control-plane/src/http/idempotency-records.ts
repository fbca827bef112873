import { createHash } from 'node:crypto'
import { isChanging, type Operation } from '@coffre/api-contract'
import type { Context } from '@coffre/foundation'
import type { Catalogue } from '../catalogue/database.ts'
import { invalidRequest, RequestError } from './request-error.ts'

/** One request that is to happen once. */
export interface RepeatClaim {
  readonly principal: string
  readonly operation: Operation
  readonly token: string
  /** Of everything that the request says. */
  readonly hash: Buffer
}

const keptMs = 24 * 3600_000
const sweepEveryMs = 3600_000

/** The token of a request that asks to happen once. What changes nothing may happen as often as it likes. */
export function repeatToken(operation: Operation, headers: Headers): string | undefined {
  const token = headers.get('idempotency-key')
  // Who is nobody has no requests of their own that a token could name.
  if (token === null || !isChanging(operation) || operation.right === 'public') return undefined
  if (/^[\x21-\x7e]{1,255}$/.test(token)) return token
  throw invalidRequest([{ at: '/headers/idempotency-key', message: 'is not 1 to 255 visible ASCII characters' }])
}

/** A hash of the parts, no two lists of which are the same text. */
export function hashRequest(parts: readonly (string | Uint8Array)[]): Buffer {
  const hash = createHash('sha256')
  for (const part of parts) {
    const bytes = Buffer.from(part)
    hash.update(`${bytes.length}:`).update(bytes)
  }
  return hash.digest()
}

/**
 * Requests with an Idempotency-Key, and their answers. A claim has three states: at work (no status), done (status and answer), and
 * done with a secret (status alone). A failed request leaves none. One whose server died stays at work until it is swept: nobody
 * knows whether it happened, and the token promises that it does not happen twice.
 */
export class IdempotencyRecords {
  readonly #catalogue: Catalogue
  readonly #context: Context
  #sweptMs = Number.NEGATIVE_INFINITY

  constructor(catalogue: Catalogue, context: Context) {
    this.#catalogue = catalogue
    this.#context = context
  }

  /** Claims the token. Undefined when the request is to be run; otherwise the answer that it had. */
  async claim(claim: RepeatClaim): Promise<{ readonly answer: unknown } | undefined> {
    await this.#sweep()
    const { principal, operation, token, hash: bodyHash } = claim
    const createdAt = new Date(this.#context.clock.nowMs())
    const { numInsertedOrUpdatedRows } = await this.#catalogue
      .insertInto('idempotency')
      .values({ principal, operation: operation.id, token, bodyHash, status: null, answer: null, createdAt })
      .onConflict((conflict) => conflict.columns(['principal', 'operation', 'token']).doNothing())
      .executeTakeFirstOrThrow()
    if (numInsertedOrUpdatedRows === 1n) return undefined
    const before = await this.#row(claim).executeTakeFirst()
    // Released in between: the other one failed just now.
    if (before === undefined) throw inProgress()
    if (!before.bodyHash.equals(bodyHash)) throw repeated(token)
    if (before.status === null) throw inProgress()
    if (operation.answersSecret === true) throw alreadyAnswered(token)
    return { answer: before.answer }
  }

  async settle({ principal, operation, token }: RepeatClaim, answer: unknown): Promise<void> {
    await this.#catalogue
      .updateTable('idempotency')
      .set({ status: operation.status, answer: operation.answersSecret === true ? null : JSON.stringify(answer) })
      .where('principal', '=', principal)
      .where('operation', '=', operation.id)
      .where('token', '=', token)
      .execute()
  }

  async release({ principal, operation, token }: RepeatClaim): Promise<void> {
    await this.#catalogue
      .deleteFrom('idempotency')
      .where('principal', '=', principal)
      .where('operation', '=', operation.id)
      .where('token', '=', token)
      .where('status', 'is', null)
      .execute()
  }

  /** Forgets the requests of more than a day ago. */
  async forgetOld(): Promise<void> {
    await this.#catalogue
      .deleteFrom('idempotency')
      .where('createdAt', '<', new Date(this.#context.clock.nowMs() - keptMs))
      .execute()
  }

  #row({ principal, operation, token }: RepeatClaim) {
    return this.#catalogue
      .selectFrom('idempotency')
      .select(['bodyHash', 'status', 'answer'])
      .where('principal', '=', principal)
      .where('operation', '=', operation.id)
      .where('token', '=', token)
  }

  /** Now and then, before a claim: no claims, nothing to sweep. */
  async #sweep(): Promise<void> {
    const { clock } = this.#context
    if (clock.monotonicMs() - this.#sweptMs < sweepEveryMs) return
    this.#sweptMs = clock.monotonicMs()
    await this.forgetOld()
  }
}

function inProgress(): RequestError {
  return new RequestError('request.in-progress', 'the same request is still at work', {
    hint: 'Try again in a moment. If the server ended meanwhile, look whether it was done, and ask again with a new key.',
    headers: { 'retry-after': '2' },
  })
}

function repeated(token: string): RequestError {
  return new RequestError('request.repeated', `the idempotency key ${JSON.stringify(token)} was that of another request`, {
    hint: 'Use a new key for each new request, and the same one only to repeat it unchanged.',
  })
}

function alreadyAnswered(token: string): RequestError {
  return new RequestError('request.answered', `the request with the idempotency key ${JSON.stringify(token)} was done before`, {
    hint: 'Its answer carried a secret, which is shown once only and was not kept.',
  })
}
