import { forgetFailedSignIns, removeTwoFactorOfUser, resetPassword } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { usageError } from '../../messages/command-line-error.ts'
import { onlyOperand } from '../../options/operands.ts'
import { flag } from '../../options/option.ts'
import { connect } from '../../server/connection.ts'
import { printResult } from '../../server/print-result.ts'
import { passwordTokenLines } from '../../server/user-text.ts'

const options = { twoFactor: flag('two-factor'), failures: flag('failures') } as const

export const userResetCommand = defineServerCommand({
  options,
  operands: 'NAME',
  async run(call) {
    const { texts } = call
    const { twoFactor, failures } = call.options
    if (twoFactor && failures) throw usageError('error.exclusive', { one: '--two-factor', other: '--failures' })
    const name = onlyOperand(call, 'NAME')
    const params = { user: name }
    const connection = await connect(call)
    if (twoFactor || failures) {
      await connection.call(twoFactor ? removeTwoFactorOfUser : forgetFailedSignIns, { params })
      printResult({ name }, call, () => [texts.say(twoFactor ? 'user.noSecondFactor' : 'user.noFailures', { name })])
      return
    }
    const { token } = await connection.call(resetPassword, { params })
    printResult({ name, token }, call, () => passwordTokenLines(name, token, texts))
  },
})
