import { readJobLog } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { listOptions } from '../../options/list-options.ts'
import { onlyOperand } from '../../options/operands.ts'
import { timeCell } from '../../output/object-table.ts'
import { connect } from '../../server/connection.ts'
import { printResult } from '../../server/print-result.ts'

export const jobLogCommand = defineServerCommand({
  options: listOptions,
  operands: 'ID',
  onlyPrints: true,
  async run(call) {
    const connection = await connect(call)
    const params = { job: onlyOperand(call, 'ID') }
    const entries = await connection.list(readJobLog, { params }, call.options.limit)
    printResult(entries, call, () => entries.map(({ at, level, message }) => `${timeCell(at)}  ${level.padEnd(7)}  ${message}`))
  },
})
