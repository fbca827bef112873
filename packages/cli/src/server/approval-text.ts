import type { ApprovalView } from '@coffre/api-contract'
import type { Texts } from '../messages/texts.ts'
import { objectLines, timeCell } from '../output/object-table.ts'

export function approvalDetails(approval: ApprovalView, texts: Texts): string[] {
  const votes = approval.votes.map(({ principal, verdict, comment, at }) =>
    [timeCell(at), principal, verdict, comment ?? ''].join(' ').trim(),
  )
  return objectLines(
    [
      ['column.id', approval.id],
      ['column.state', approval.state],
      ['column.operation', approval.operation],
      ['column.target', targetText(approval)],
      // What was asked for, to the letter: votes are on exactly this.
      ['column.request', JSON.stringify(approval.request)],
      ['column.reason', approval.reason],
      ['column.principal', approval.requestedBy],
      ['column.created', timeCell(approval.requestedAt)],
      ['column.expires', timeCell(approval.expiresAt)],
      ['column.votes', [votesText(approval), ...votes].join('\n')],
      ['column.used', approval.usedAt === null ? undefined : timeCell(approval.usedAt)],
    ],
    texts,
  )
}

export function targetText({ target }: ApprovalView): string {
  return `${target.kind}:${target.id}`
}

/** Votes for it, of those needed. */
export function votesText({ votes, votesNeeded }: ApprovalView): string {
  return `${votes.filter(({ verdict }) => verdict === 'APPROVE').length} / ${votesNeeded}`
}
