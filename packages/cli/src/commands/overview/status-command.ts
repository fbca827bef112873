import { getStatus } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { CommandLineError } from '../../messages/command-line-error.ts'
import { refuseOperands } from '../../options/operands.ts'
import { connect } from '../../server/connection.ts'
import { printResult } from '../../server/print-result.ts'
import { statusLines } from '../../server/status-text.ts'

export const statusCommand = defineServerCommand({
  options: {},
  onlyPrints: true,
  async run(call) {
    refuseOperands(call)
    const status = await (await connect(call)).call(getStatus, { params: {} })
    printResult(status, call, () => statusLines(status, call.texts))
    const { health, alarms } = status
    if (health !== 'ok')
      throw new CommandLineError(
        'status.alarm',
        { key: 'error.status', values: { health, count: alarms.length } },
        { key: 'hint.status', values: {} },
      )
  },
})
