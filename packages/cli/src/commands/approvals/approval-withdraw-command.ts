import { withdrawApproval } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { onlyOperand } from '../../options/operands.ts'
import { approvalDetails } from '../../server/approval-text.ts'
import { connect } from '../../server/connection.ts'
import { printResult } from '../../server/print-result.ts'

export const approvalWithdrawCommand = defineServerCommand({
  options: {},
  operands: 'ID',
  async run(call) {
    const approval = await (await connect(call)).call(withdrawApproval, { params: { approval: onlyOperand(call, 'ID') } })
    printResult(approval, call, () => approvalDetails(approval, call.texts))
  },
})
