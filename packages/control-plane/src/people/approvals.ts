import { createHash } from 'node:crypto'
import { CoffreError, type Context, dayMs } from '@coffre/foundation'
import type { Selectable, Transaction } from 'kysely'
import type { Catalogue, Database } from '../catalogue/database.ts'
import { newId } from '../catalogue/new-id.ts'
import type { ApprovalTable } from '../catalogue/tables/people-tables.ts'
import type { NewestFirstKey } from '../http/newest-first-key.ts'
import { type ApprovalEvent, type ApprovalState, approvalOutcomes } from './approval-states.ts'
import { type Grants, missing } from './grants.ts'
import { forbidden, type SignedIn } from './principal.ts'

const lifetimeMs = 7 * dayMs

/** What is to be done: an operation on an object, with exactly these arguments (JSON). */
export interface ApprovedAction {
  readonly operation: string
  readonly target: { readonly kind: string; readonly id: string }
  readonly request: Readonly<Record<string, unknown>>
}

export interface NewApproval extends ApprovedAction {
  readonly reason: string
  readonly votesNeeded: number
}

export type Approval = Readonly<Selectable<ApprovalTable>>

export interface Vote {
  readonly verdict: 'APPROVE' | 'REJECT'
  readonly comment: string | null
}

export type CastVote = Vote & { readonly principal: string; readonly at: Date }

export interface ApprovalPage {
  readonly state?: ApprovalState | undefined
  readonly after?: NewestFirstKey | undefined
  readonly limit: number
}

const openStates = Object.entries(approvalOutcomes).flatMap(([state, { expire }]) =>
  expire === 'refused' ? [] : [state as ApprovalState],
)

/**
 * Consent of several people to one action. Each change is made under a lock of its row, within the caller's transaction, who audits
 * in it. Requests and votes are of people: a key stands for its maker and cannot vote. Requests expire after seven days.
 */
export class Approvals {
  readonly #catalogue: Catalogue
  readonly #context: Context
  readonly #grants: Grants

  constructor(catalogue: Catalogue, context: Context, grants: Grants) {
    this.#catalogue = catalogue
    this.#context = context
    this.#grants = grants
  }

  /** The caller has checked that the actor may do the operation itself. */
  async request(actor: SignedIn, wanted: NewApproval, within: Transaction<Database>): Promise<string> {
    const id = newId(this.#context)
    const requestedAt = this.#now()
    const expiresAt = new Date(requestedAt.getTime() + lifetimeMs)
    await within
      .insertInto('approval')
      .values({
        id,
        projectId: actor.projectId,
        operation: wanted.operation,
        targetKind: wanted.target.kind,
        targetId: wanted.target.id,
        request: JSON.stringify(wanted.request),
        reason: wanted.reason,
        state: 'PENDING',
        votesNeeded: wanted.votesNeeded,
        requestedBy: actor.user,
        requestedAt,
        expiresAt,
      })
      .execute()
    return id
  }

  /** Needs `approval.vote`; `approval.own` for one's own request. Who votes again changes his vote. Returns the state after it. */
  async vote(actor: SignedIn, id: string, { verdict, comment }: Vote, within: Transaction<Database>): Promise<ApprovalState> {
    const approval = await this.#locked(actor, id, within)
    if (actor.by !== 'session') throw forbidden('only somebody who has signed in can vote')
    if (actor.user === approval.requestedBy)
      throw new CoffreError('approval.own', 'nobody votes on his own request', { hint: 'Ask another security officer.' })
    if (!(await this.#mayVote(actor.user, actor.orgId, approval.projectId, within)))
      throw forbidden('voting needs the right approval.vote')
    this.#refuseExpired(approval)
    outcome(approval, verdict === 'REJECT' ? 'reject' : 'vote')
    const vote = { verdict, comment, at: this.#now() }
    await within
      .insertInto('approvalVote')
      .values({ approvalId: id, principal: actor.user, ...vote })
      .onConflict((conflict) => conflict.columns(['approvalId', 'principal']).doUpdateSet(vote))
      .execute()
    if (verdict === 'REJECT') return this.#enter(approval, 'reject', within)
    const votes = await this.#countVotes(approval, actor.orgId, within)
    return this.#enter(approval, votes < approval.votesNeeded ? 'vote' : 'last-vote', within)
  }

  /** By its requester only. */
  async withdraw(actor: SignedIn, id: string, within: Transaction<Database>): Promise<void> {
    const approval = await this.#locked(actor, id, within)
    if (actor.user !== approval.requestedBy) throw forbidden('only who made a request can withdraw it')
    this.#refuseExpired(approval)
    await this.#enter(approval, 'withdraw', within)
  }

  /**
   * Uses an approval up, in the transaction of the action: exactly once, by its requester, for exactly what was approved
   * (`approval.mismatch` otherwise), while enough of its voters may still vote (`approval.incomplete` otherwise).
   */
  async use(actor: SignedIn, id: string, action: ApprovedAction, within: Transaction<Database>): Promise<void> {
    const approval = await this.#locked(actor, id, within)
    if (actor.user !== approval.requestedBy) throw forbidden('only who made a request can use its approval')
    this.#refuseExpired(approval)
    const approved = {
      operation: approval.operation,
      target: { kind: approval.targetKind, id: approval.targetId },
      request: approval.request,
    }
    if (!hashAction(approved).equals(hashAction(action)) || actor.projectId !== approval.projectId)
      throw new CoffreError('approval.mismatch', `the approval ${id} was given for another request`, {
        hint: 'Do exactly what was approved, or ask for another approval.',
      })
    const votes = await this.#countVotes(approval, actor.orgId, within)
    if (approval.state === 'PENDING' || (approval.state === 'APPROVED' && votes < approval.votesNeeded))
      throw new CoffreError('approval.incomplete', `${votes} of ${approval.votesNeeded} votes stand`, {
        hint: 'Votes count as long as their voters have the right approval.vote. More can be given.',
      })
    await this.#enter(approval, 'use', within)
  }

  /** Closes those that are too old, of all projects. They count as expired before that, too. Returns them, to be audited. */
  async expireOld(within: Transaction<Database>): Promise<readonly { readonly id: string; readonly projectId: string }[]> {
    return within
      .updateTable('approval')
      .set({ state: 'EXPIRED' })
      .where('state', 'in', openStates)
      .where('expiresAt', '<=', this.#now())
      .returning(['id', 'projectId'])
      .execute()
  }

  async get(projectId: string, id: string): Promise<Approval> {
    const found = await this.#catalogue
      .selectFrom('approval')
      .selectAll()
      .where('id', '=', id)
      .where('projectId', '=', projectId)
      .executeTakeFirst()
    if (found === undefined) throw missing('approval', id)
    return this.#asOfNow(found)
  }

  /** Of a project, the newest first. */
  async list(projectId: string, { state, after, limit }: ApprovalPage): Promise<Approval[]> {
    let query = this.#catalogue.selectFrom('approval').selectAll().where('projectId', '=', projectId)
    if (state !== undefined)
      query = query.where(({ eb, and, or }) => {
        const isStored = eb('state', '=', state)
        const isOpen = eb('state', 'in', openStates)
        if (state === 'EXPIRED') return or([isStored, and([isOpen, eb('expiresAt', '<=', this.#now())])])
        return openStates.includes(state) ? and([isStored, eb('expiresAt', '>', this.#now())]) : isStored
      })
    if (after !== undefined)
      query = query.where(({ eb, refTuple, tuple }) => eb(refTuple('requestedAt', 'id'), '<', tuple(after.createdAt, after.id)))
    const rows = await query.orderBy('requestedAt', 'desc').orderBy('id', 'desc').limit(limit).execute()
    return rows.map((row) => this.#asOfNow(row))
  }

  /** The votes on each of these, in the order in which they came. */
  async votesOn(ids: readonly string[]): Promise<ReadonlyMap<string, readonly CastVote[]>> {
    if (ids.length === 0) return new Map()
    const rows = await this.#catalogue
      .selectFrom('approvalVote')
      .selectAll()
      .where('approvalId', 'in', ids)
      .orderBy('at')
      .orderBy('principal')
      .execute()
    return Map.groupBy(rows, ({ approvalId }) => approvalId)
  }

  async #locked({ projectId }: SignedIn, id: string, within: Transaction<Database>): Promise<Approval> {
    const found = await within
      .selectFrom('approval')
      .selectAll()
      .where('id', '=', id)
      .where('projectId', '=', projectId)
      .forUpdate()
      .executeTakeFirst()
    if (found === undefined) throw missing('approval', id)
    return found
  }

  async #countVotes({ id, projectId, requestedBy }: Approval, orgId: string, within: Transaction<Database>): Promise<number> {
    const votes = await within
      .selectFrom('approvalVote')
      .select('principal')
      .where('approvalId', '=', id)
      .where('verdict', '=', 'APPROVE')
      .execute()
    let count = 0
    for (const { principal } of votes)
      if (principal !== requestedBy && (await this.#mayVote(principal, orgId, projectId, within))) count++
    return count
  }

  async #mayVote(user: string, orgId: string, projectId: string, within: Transaction<Database>): Promise<boolean> {
    return (await this.#grants.rightsOf(user, orgId, projectId, within)).has('approval.vote')
  }

  async #enter(approval: Approval, event: ApprovalEvent, within: Transaction<Database>): Promise<ApprovalState> {
    const state = outcome(approval, event)
    const usedAt = state === 'USED' ? this.#now() : null
    await within.updateTable('approval').set({ state, usedAt }).where('id', '=', approval.id).execute()
    return state
  }

  #refuseExpired({ id, state, expiresAt }: Approval): void {
    if (approvalOutcomes[state].expire === 'refused' || expiresAt > this.#now()) return
    throw new CoffreError('approval.expired', `the request for approval ${id} expired at ${expiresAt.toISOString()}`, {
      hint: 'Make a new request.',
    })
  }

  #asOfNow(approval: Approval): Approval {
    const { expire } = approvalOutcomes[approval.state]
    return expire === 'refused' || approval.expiresAt > this.#now() ? approval : { ...approval, state: expire }
  }

  #now(): Date {
    return new Date(this.#context.clock.nowMs())
  }
}

function outcome({ id, state }: Approval, event: ApprovalEvent): ApprovalState {
  const next = approvalOutcomes[state][event]
  if (next !== 'refused') return next
  throw new CoffreError('approval.closed', `the request for approval ${id} is ${state}`, { hint: 'Make a new request.' })
}

/** Two requests are the same when they say the same, in whatever order. */
function hashAction({
  operation,
  target,
  request,
}: {
  operation: string
  target: { kind: string; id: string }
  request: object
}): Buffer {
  const said = JSON.stringify([operation, target.kind, target.id, sorted(JSON.parse(JSON.stringify(request)))])
  return createHash('sha256').update(said).digest()
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (value === null || typeof value !== 'object') return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]))
}
