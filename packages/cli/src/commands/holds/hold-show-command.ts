import { getHold } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { onlyOperand } from '../../options/operands.ts'
import { connect } from '../../server/connection.ts'
import { holdDetails } from '../../server/hold-text.ts'
import { printResult } from '../../server/print-result.ts'

export const holdShowCommand = defineServerCommand({
  options: {},
  operands: 'ID',
  onlyPrints: true,
  async run(call) {
    const hold = await (await connect(call)).call(getHold, { params: { hold: onlyOperand(call, 'ID') } })
    printResult(hold, call, () => holdDetails(hold, call.texts))
  },
})
