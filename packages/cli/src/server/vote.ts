import { voteOnApproval } from '@coffre/api-contract'
import type { ServerCall } from '../command.ts'
import { onlyOperand } from '../options/operands.ts'
import { text } from '../options/option.ts'
import { approvalDetails } from './approval-text.ts'
import { connect } from './connection.ts'
import { printResult } from './print-result.ts'

export const voteOptions = { comment: text('comment', 'text') } as const

/** Votes on the request for approval that the operand names, and shows how it stands. */
export async function vote(call: ServerCall<typeof voteOptions>, verdict: 'APPROVE' | 'REJECT'): Promise<void> {
  const { comment = null } = call.options
  const params = { approval: onlyOperand(call, 'ID') }
  const approval = await (await connect(call)).call(voteOnApproval, { params, body: { verdict, comment } })
  printResult(approval, call, () => approvalDetails(approval, call.texts))
}
