import { enableUser } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { onlyOperand } from '../../options/operands.ts'
import { connect } from '../../server/connection.ts'
import { printResult } from '../../server/print-result.ts'
import { userDetails } from '../../server/user-text.ts'

export const userEnableCommand = defineServerCommand({
  options: {},
  operands: 'NAME',
  async run(call) {
    const user = await (await connect(call)).call(enableUser, { params: { user: onlyOperand(call, 'NAME') } })
    printResult(user, call, () => userDetails(user, call.texts))
  },
})
