import {
  type ApprovalView,
  deleteVault,
  getApproval as getOperation,
  liftHold,
  listApprovals as listOperation,
  type Operation,
  type ParsedInputOf,
  removeVaultLock,
  requestApproval as requestOperation,
  setVaultLock,
  voteOnApproval as voteOperation,
  withdrawApproval as withdrawOperation,
} from '@coffre/api-contract'
import { objectMissing } from '../catalogue/object-missing.ts'
import { defineHandler, type Handler } from '../http/api-call.ts'
import { newestFirstKey } from '../http/newest-first-key.ts'
import { pageOfRows } from '../http/page-cursor.ts'
import { findVault } from '../vaults/vault-view.ts'
import type { Approval, ApprovedAction, CastVote } from './approvals.ts'
import { actionOn, votesNeeded } from './approved-actions.ts'
import { changing, type PeopleParts } from './people-parts.ts'
import { authorize, signedIn } from './principal.ts'

/** Answers everything below /approvals. */
export function approvalHandlers(parts: PeopleParts): readonly Handler[] {
  const { approvals } = parts.people
  const shown = async (projectId: string, id: string) => {
    const approval = await approvals.get(projectId, id)
    return approvalView(approval, (await approvals.votesOn([id])).get(id))
  }
  return [
    defineHandler(requestOperation, async ({ principal, projectId, body, audit }) => {
      const actor = signedIn(principal)
      authorize(actor, approvable[body.operation])
      const action = await actionOf(parts, projectId, body)
      const { operation, target, request } = action
      const id = await changing(parts, async (within) => {
        const made = await approvals.request(actor, { ...action, reason: body.reason, votesNeeded }, within)
        await audit({ target: `approval:${made}`, detail: { operation, target, request, reason: body.reason } }, within)
        return made
      })
      return shown(projectId, id)
    }),
    defineHandler(listOperation, async ({ projectId, query: { after, limit, state } }) => {
      const rows = await approvals.list(projectId, { state, after: newestFirstKey(after), limit: limit + 1 })
      const votes = await approvals.votesOn(rows.map(({ id }) => id))
      return pageOfRows(rows, limit, {
        keyOf: ({ requestedAt, id }) => [requestedAt, id],
        itemOf: (approval) => approvalView(approval, votes.get(approval.id)),
      })
    }),
    defineHandler(getOperation, ({ projectId, params }) => shown(projectId, params.approval)),
    defineHandler(voteOperation, async ({ principal, projectId, params, body, audit }) => {
      await changing(parts, async (within) => {
        const state = await approvals.vote(signedIn(principal), params.approval, body, within)
        await audit({ target: `approval:${params.approval}`, detail: { ...body, state } }, within)
      })
      return shown(projectId, params.approval)
    }),
    defineHandler(withdrawOperation, async ({ principal, projectId, params, audit }) => {
      await changing(parts, async (within) => {
        await approvals.withdraw(signedIn(principal), params.approval, within)
        await audit({ target: `approval:${params.approval}` }, within)
      })
      return shown(projectId, params.approval)
    }),
  ]
}

type ApprovalRequest = ParsedInputOf<typeof requestOperation>['body']

/** Whoever asks for an action must be able to do it. */
const approvable: Readonly<Record<ApprovalRequest['operation'], Operation>> = {
  'vaults.set-lock': setVaultLock,
  'vaults.unlock': removeVaultLock,
  'vaults.delete': deleteVault,
  'holds.lift': liftHold,
}

async function actionOf({ catalogue }: PeopleParts, projectId: string, body: ApprovalRequest): Promise<ApprovedAction> {
  if (body.operation === 'holds.lift') {
    const found = await catalogue
      .selectFrom('hold')
      .select('id')
      .where('id', '=', body.hold)
      .where('projectId', '=', projectId)
      .executeTakeFirst()
    if (found === undefined) throw objectMissing('hold', body.hold)
    return actionOn(liftHold, 'hold', found.id)
  }
  const vault = await findVault(catalogue, projectId, body.vault)
  if (vault === undefined) throw objectMissing('vault', body.vault)
  return actionOn(approvable[body.operation], 'vault', vault.id, body.operation === 'vaults.set-lock' ? { lock: body.lock } : {})
}

function approvalView(approval: Approval, votes: readonly CastVote[] = []): ApprovalView {
  const { id, operation, targetKind, targetId, request, reason, state } = approval
  const { votesNeeded: needed, requestedBy, requestedAt, expiresAt, usedAt } = approval
  return {
    id,
    operation,
    target: { kind: targetKind, id: targetId },
    request: request as Record<string, unknown>,
    reason,
    state,
    votesNeeded: needed,
    requestedBy,
    requestedAt: requestedAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
    usedAt: usedAt?.toISOString() ?? null,
    votes: votes.map(({ principal, verdict, comment, at }) => ({ principal, verdict, comment, at: at.toISOString() })),
  }
}
