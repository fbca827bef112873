import { removeAddressRule } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { onlyOperand } from '../../options/operands.ts'
import { confirm, confirmOptions } from '../../server/confirm.ts'
import { connect } from '../../server/connection.ts'
import { printResult } from '../../server/print-result.ts'

export const addressRemoveCommand = defineServerCommand({
  options: confirmOptions,
  operands: 'ID',
  async run(call) {
    const id = onlyOperand(call, 'ID')
    const connection = await connect(call)
    await confirm(call, call.texts.say('address.remove', { id }))
    await connection.call(removeAddressRule, { params: { rule: id } })
    printResult({ id }, call, () => [call.texts.say('address.removed', { id })])
  },
})
