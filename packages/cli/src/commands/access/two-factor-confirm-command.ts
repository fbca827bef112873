import { confirmTwoFactor } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { onlyOperand } from '../../options/operands.ts'
import { connect } from '../../server/connection.ts'
import { printResult } from '../../server/print-result.ts'

export const twoFactorConfirmCommand = defineServerCommand({
  options: {},
  operands: 'CODE',
  async run(call) {
    const { recoveryCodes } = await (await connect(call)).call(confirmTwoFactor, { body: { code: onlyOperand(call, 'CODE') } })
    printResult({ recoveryCodes }, call, () => recoveryCodes)
    call.output.note(call.texts.say('twoFactor.keepCodes'))
  },
})
