import { inputParser, type Operation, type ParsedInputOf } from '@coffre/api-contract'
import { CoffreError, isCoffreError } from '@coffre/foundation'
import type { ApiCall, CallSurroundings, Handler } from './api-call.ts'
import type { ApiParts } from './api-parts.ts'
import type { Principal } from './authenticator.ts'
import { CallAudit } from './call-audit.ts'
import { eventStream } from './event-stream.ts'
import { hashRequest, IdempotencyRecords, type RepeatClaim, repeatToken } from './idempotency-records.ts'
import type { OperationRequest } from './operation-request.ts'
import { asCoffreError, problemAnswer } from './problem-answer.ts'
import { RateLimits, usualRateLimits } from './rate-limits.ts'
import { readJsonBody, refuseLargeBody } from './request-body.ts'
import { invalidRequest } from './request-error.ts'

interface CheckedInput {
  readonly input: ParsedInputOf<Operation>
  readonly claim: RepeatClaim | undefined
}

/** Takes requests to operations through every check, to their handlers, and back. */
export class OperationPipeline {
  readonly #parts: ApiParts
  readonly #limits: RateLimits
  readonly #repeats: IdempotencyRecords
  readonly #parsers = new Map<Operation, ReturnType<typeof inputParser<Operation>>>()
  /** Who calls a public operation. */
  readonly #nobody: Principal

  constructor(parts: ApiParts) {
    this.#parts = parts
    this.#limits = new RateLimits(parts.rateLimits ?? usualRateLimits, parts.context.clock)
    this.#repeats = new IdempotencyRecords(parts.catalogue, parts.context)
    this.#nobody = { id: 'anonymous', ...parts.tenant, rights: new Set() }
  }

  /** Never rejects: what goes wrong is a problem in the answer. */
  async answer(request: OperationRequest, handler: Handler): Promise<Response> {
    try {
      return await this.#answer(request, handler)
    } catch (error) {
      return problemAnswer(error, { requestId: request.requestId, log: this.#parts.log })
    }
  }

  async #answer(request: OperationRequest, handler: Handler): Promise<Response> {
    refuseLargeBody(request.headers)
    // Before anybody is known, since to know them is the dearest part.
    this.#limits.takeAddress(request.address)
    const principal = await this.#admit(request)
    if (principal !== this.#nobody) this.#limits.takePrincipal(principal.id)
    const { input, claim } = await this.#check(request, principal)
    const audit = new CallAudit(this.#parts.audit, request, principal)
    const call: ApiCall = { ...surroundingsOf(request, principal, audit), ...input }
    if (handler.kind === 'stream') return this.#stream(request, handler, call)
    const earlier = claim === undefined ? undefined : await this.#repeats.claim(claim)
    if (earlier !== undefined) return answerResponse(request.operation, earlier.answer, { 'idempotency-replayed': 'true' })
    return answerResponse(request.operation, await this.#run(request, { handler, call, claim, audit }))
  }

  /** Who asks, once it is certain that they may. Refusals are audited, and cost the address more than an answer would. */
  async #admit(request: OperationRequest): Promise<Principal> {
    if (request.operation.right === 'public') return this.#nobody
    let principal: Principal | undefined
    try {
      principal = await this.#principalOf(request)
      this.#parts.authenticator.authorize(principal, request.operation)
      return principal
    } catch (error) {
      await this.#refused(request, new CallAudit(this.#parts.audit, request, principal ?? this.#nobody), error)
      throw error
    }
  }

  async #principalOf({ headers, address, signal }: OperationRequest): Promise<Principal> {
    const principal = await this.#parts.authenticator.authenticate(headers, address, signal)
    if (principal !== undefined) return principal
    throw new CoffreError('auth.required', 'this needs a sign-in', {
      hint: 'Give a key or the token of a session: `Authorization: Bearer …`. On the command line: coffre login URL.',
    })
  }

  async #refused(request: OperationRequest, audit: CallAudit, error: unknown): Promise<void> {
    if (!isCoffreError(error) || !error.code.startsWith('auth.')) return
    this.#limits.chargeRefusal(request.address)
    await audit.fail(error)
  }

  async #check(request: OperationRequest, principal: Principal): Promise<CheckedInput> {
    const { operation, raw, url, params, headers } = request
    const body = operation.body === undefined ? undefined : await readJsonBody(raw)
    const parsed = this.#parser(operation)({ params, query: queryOf(url), body: body?.value })
    if ('issues' in parsed) throw invalidRequest(parsed.issues)
    const token = repeatToken(operation, headers)
    if (token === undefined) return { input: parsed.input, claim: undefined }
    const hash = hashRequest([principal.projectId, url.pathname, url.search, body?.bytes ?? ''])
    return { input: parsed.input, claim: { principal: principal.id, operation, token, hash } }
  }

  #parser(operation: Operation) {
    const parser = this.#parsers.get(operation) ?? inputParser(operation)
    this.#parsers.set(operation, parser)
    return parser
  }

  async #run(request: OperationRequest, { handler, call, claim, audit }: Run): Promise<unknown> {
    let given: unknown
    try {
      given = await handler.run(call)
    } catch (error) {
      const known = asCoffreError(error, request.requestId)
      if (known.code.startsWith('auth.')) this.#limits.chargeRefusal(request.address)
      try {
        await audit.fail(known)
      } finally {
        if (claim !== undefined) await this.#repeats.release(claim)
      }
      throw error
    }
    await audit.succeed()
    const answer = parseAnswer(request.operation, given)
    if (claim !== undefined) await this.#repeats.settle(claim, answer)
    return answer
  }

  #stream(request: OperationRequest, handler: Handler & { readonly kind: 'stream' }, call: ApiCall): Response {
    const { operation, requestId, signal, isHead } = request
    if (isHead) return new Response(null, { headers: { 'content-type': 'text/event-stream; charset=utf-8' } })
    const { log, context, authenticator } = this.#parts
    const checkAllowed = async (): Promise<void> => {
      if (operation.right !== 'public') authenticator.authorize(await this.#principalOf(request), operation)
    }
    return eventStream(handler.run(call), { operation, requestId, signal, log, clock: context.clock, checkAllowed })
  }
}

interface Run {
  readonly handler: Handler & { readonly kind: 'answer' }
  readonly call: ApiCall
  readonly claim: RepeatClaim | undefined
  readonly audit: CallAudit
}

function surroundingsOf(request: OperationRequest, principal: Principal, audit: CallAudit): CallSurroundings {
  const { address, requestId, headers, signal } = request
  const { orgId, projectId, rights } = principal
  return {
    principal,
    orgId,
    projectId,
    rights,
    address,
    requestId,
    headers,
    signal,
    lastEventId: lastEventId(headers),
    audit: (note, within) => audit.note(note, within),
  }
}

function lastEventId(headers: Headers): string | undefined {
  const id = headers.get('last-event-id')
  if (id === null || /^[\x20-\x7e]{0,200}$/.test(id)) return id ?? undefined
  throw invalidRequest([{ at: '/headers/last-event-id', message: 'is no id of an event' }])
}

/** What is given twice is refused: which of the two counts would be a guess. */
function queryOf({ searchParams }: URL): Record<string, string> {
  const names = [...searchParams.keys()]
  const twice = names.filter((name, i) => names.indexOf(name) !== i)
  if (twice.length > 0)
    throw invalidRequest(twice.map((name) => ({ at: `/query/${name.slice(0, 100)}`, message: 'is given more than once' })))
  return Object.fromEntries(searchParams)
}

/** A handler that answers something else than its schema says has a bug, and what it answered is nobody's business. */
function parseAnswer(operation: Operation, given: unknown): unknown {
  const parsed = operation.answer.safeParse(given)
  if (parsed.success) return parsed.data
  const wrong = parsed.error.issues.map(({ path, message }) => `/${path.join('/')}: ${message}`).join('; ')
  throw new Error(`the answer of ${operation.id} is not what its schema says: ${wrong}`)
}

function answerResponse({ status }: Operation, answer: unknown, headers: Readonly<Record<string, string>> = {}): Response {
  if (status === 204) return new Response(null, { status, headers })
  return new Response(JSON.stringify(answer), { status, headers: { 'content-type': 'application/json', ...headers } })
}
