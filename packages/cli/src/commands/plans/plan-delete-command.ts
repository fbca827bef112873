import { deletePlan, getPlan } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { onlyOperand } from '../../options/operands.ts'
import { confirm, confirmOptions } from '../../server/confirm.ts'
import { connect } from '../../server/connection.ts'

export const planDeleteCommand = defineServerCommand({
  options: confirmOptions,
  operands: 'NAME',
  async run(call) {
    const { output, texts } = call
    const connection = await connect(call)
    const plan = await connection.call(getPlan, { params: { plan: onlyOperand(call, 'NAME') } })
    await confirm(call, texts.say('plan.delete', { name: plan.name }))
    await connection.call(deletePlan, { params: { plan: plan.id } })
    if (output.json) output.printJson(plan)
    output.summarize(texts.say('plan.deleted', { name: plan.name }))
  },
})
