import { getSettings } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { refuseOperands } from '../../options/operands.ts'
import { connect } from '../../server/connection.ts'
import { printResult } from '../../server/print-result.ts'
import { settingsLines } from '../../server/settings-text.ts'

export const settingsShowCommand = defineServerCommand({
  options: {},
  onlyPrints: true,
  async run(call) {
    refuseOperands(call)
    const settings = await (await connect(call)).call(getSettings, {})
    printResult(settings, call, () => settingsLines(settings, call.texts))
  },
})
