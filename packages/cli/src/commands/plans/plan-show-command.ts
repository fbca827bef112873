import { getPlan } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { onlyOperand } from '../../options/operands.ts'
import { connect } from '../../server/connection.ts'
import { planDetails } from '../../server/plan-text.ts'
import { printResult } from '../../server/print-result.ts'

export const planShowCommand = defineServerCommand({
  options: {},
  operands: 'NAME',
  onlyPrints: true,
  async run(call) {
    const plan = await (await connect(call)).call(getPlan, { params: { plan: onlyOperand(call, 'NAME') } })
    printResult(plan, call, () => planDetails(plan, call.texts))
  },
})
