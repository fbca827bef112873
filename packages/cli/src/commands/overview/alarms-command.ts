import { listAlarms } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { listOptions } from '../../options/list-options.ts'
import { refuseOperands } from '../../options/operands.ts'
import { flag } from '../../options/option.ts'
import { connect } from '../../server/connection.ts'
import { printResult } from '../../server/print-result.ts'
import { alarmTable } from '../../server/status-text.ts'

export const alarmsCommand = defineServerCommand({
  options: { all: flag('all', { short: 'a' }), ...listOptions },
  onlyPrints: true,
  async run(call) {
    refuseOperands(call)
    const { all, limit } = call.options
    const query = all ? {} : { active: 'true' }
    const alarms = await (await connect(call)).list(listAlarms, { params: {}, query }, limit)
    printResult(alarms, call, () => (alarms.length === 0 ? [call.texts.say('alarms.none')] : alarmTable(alarms, call.texts)))
  },
})
