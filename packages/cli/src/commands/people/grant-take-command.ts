import { takeRole } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { onlyOperand } from '../../options/operands.ts'
import { connect } from '../../server/connection.ts'
import { printResult } from '../../server/print-result.ts'

export const grantTakeCommand = defineServerCommand({
  options: {},
  operands: 'ID',
  async run(call) {
    const id = onlyOperand(call, 'ID')
    await (await connect(call)).call(takeRole, { params: { grant: id } })
    printResult({ id }, call, () => [call.texts.say('grant.taken', { id })])
  },
})
