import { listAddressRules } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { refuseOperands } from '../../options/operands.ts'
import { addressTable } from '../../server/address-text.ts'
import { connect } from '../../server/connection.ts'
import { printResult } from '../../server/print-result.ts'

export const addressListCommand = defineServerCommand({
  options: {},
  onlyPrints: true,
  async run(call) {
    refuseOperands(call)
    const { items } = await (await connect(call)).call(listAddressRules, {})
    printResult(items, call, () => (items.length === 0 ? [call.texts.say('address.all')] : addressTable(items, call.texts)))
  },
})
