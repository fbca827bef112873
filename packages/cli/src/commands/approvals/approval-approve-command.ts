import { defineServerCommand } from '../../command.ts'
import { vote, voteOptions } from '../../server/vote.ts'

export const approvalApproveCommand = defineServerCommand({
  options: voteOptions,
  operands: 'ID',
  run: (call) => vote(call, 'APPROVE'),
})
