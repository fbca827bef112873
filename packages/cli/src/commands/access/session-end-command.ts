import { endOtherSessions, endSession } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { onlyOperand, refuseOperands } from '../../options/operands.ts'
import { flag } from '../../options/option.ts'
import { connect } from '../../server/connection.ts'
import { printResult } from '../../server/print-result.ts'

export const sessionEndCommand = defineServerCommand({
  options: { others: flag('others') },
  operands: '[ID]',
  async run(call) {
    const { texts } = call
    if (call.options.others) {
      refuseOperands(call)
      const { ended } = await (await connect(call)).call(endOtherSessions, {})
      printResult({ ended }, call, () => [texts.say('session.othersEnded', { count: ended })])
      return
    }
    const id = onlyOperand(call, 'ID')
    await (await connect(call)).call(endSession, { params: { session: id } })
    printResult({ id }, call, () => [texts.say('session.ended', { id })])
  },
})
