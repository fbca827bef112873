import { defineServerCommand } from '../../command.ts'
import { vote, voteOptions } from '../../server/vote.ts'

export const approvalRejectCommand = defineServerCommand({
  options: voteOptions,
  operands: 'ID',
  run: (call) => vote(call, 'REJECT'),
})
