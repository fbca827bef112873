import { getHold, liftHold } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { onlyOperand } from '../../options/operands.ts'
import { confirm, confirmOptions } from '../../server/confirm.ts'
import { connect } from '../../server/connection.ts'
import { governed, governedOptions } from '../../server/governed.ts'
import { holdDetails } from '../../server/hold-text.ts'
import { printResult } from '../../server/print-result.ts'

export const holdLiftCommand = defineServerCommand({
  options: { ...governedOptions, ...confirmOptions },
  operands: 'ID',
  async run(call) {
    const connection = await connect(call)
    const { id, title, points } = await connection.call(getHold, { params: { hold: onlyOperand(call, 'ID') } })
    const lifted = await governed(call, connection, { operation: 'holds.lift', hold: id }, async (body) => {
      await confirm(call, call.texts.say('hold.lift', { title, points }))
      return connection.call(liftHold, { params: { hold: id }, body })
    })
    if (lifted !== undefined) printResult(lifted, call, () => holdDetails(lifted, call.texts))
  },
})
