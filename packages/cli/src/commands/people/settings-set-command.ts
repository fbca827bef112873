import { changeSettings } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { usageError } from '../../messages/command-line-error.ts'
import { refuseOperands } from '../../options/operands.ts'
import { flag } from '../../options/option.ts'
import { connect } from '../../server/connection.ts'
import { printResult } from '../../server/print-result.ts'
import { settingsLines } from '../../server/settings-text.ts'

export const settingsSetCommand = defineServerCommand({
  options: { twoFactorMandatory: flag('two-factor-mandatory') },
  async run(call) {
    refuseOperands(call)
    if (!call.given.has('twoFactorMandatory'))
      throw usageError('error.missingOption', { option: '--two-factor-mandatory=true|false' })
    const { twoFactorMandatory } = call.options
    const settings = await (await connect(call)).call(changeSettings, { body: { twoFactorMandatory } })
    printResult(settings, call, () => settingsLines(settings, call.texts))
  },
})
