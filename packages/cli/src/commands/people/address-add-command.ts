import { addAddressRule } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { onlyOperand } from '../../options/operands.ts'
import { text } from '../../options/option.ts'
import { addressTable } from '../../server/address-text.ts'
import { connect } from '../../server/connection.ts'
import { printResult } from '../../server/print-result.ts'

export const addressAddCommand = defineServerCommand({
  options: { description: text('description', 'text') },
  operands: 'NETWORK',
  async run(call) {
    const body = { network: onlyOperand(call, 'NETWORK'), description: call.options.description ?? '' }
    const rule = await (await connect(call)).call(addAddressRule, { body })
    printResult(rule, call, () => addressTable([rule], call.texts))
  },
})
