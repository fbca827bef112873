import type { Operation } from '@coffre/api-contract'
import { CoffreError } from '@coffre/foundation'
import type { Transaction } from 'kysely'
import type { Database } from '../catalogue/database.ts'
import type { Approvals, ApprovedAction } from './approvals.ts'
import type { SignedIn } from './principal.ts'

/** Beside who asks: with them, three people answer for what cannot be undone. */
export const votesNeeded = 2

/** What several people consent to, as request and action must name it alike. */
export function actionOn(
  operation: Pick<Operation, 'id'>,
  kind: 'vault' | 'hold',
  id: string,
  request: ApprovedAction['request'] = {},
): ApprovedAction {
  return { operation: operation.id, target: { kind, id }, request }
}

/** Uses the approval up, in the transaction of the action; `approval.needed` without one. */
export async function useApproval(
  approvals: Approvals,
  actor: SignedIn,
  approvalId: string | undefined,
  action: ApprovedAction,
  within: Transaction<Database>,
): Promise<void> {
  if (approvalId !== undefined) return approvals.use(actor, approvalId, action, within)
  throw new CoffreError('approval.needed', `${action.operation} needs the approval of ${votesNeeded} people`, {
    hint: 'Make a request for approval. Once it is approved, do this again with its id.',
  })
}
