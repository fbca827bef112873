import { listTimeline } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { onlyOperand } from '../../options/operands.ts'
import { text } from '../../options/option.ts'
import { connect } from '../../server/connection.ts'
import { timelineLines } from '../../server/log-text.ts'
import { printResult } from '../../server/print-result.ts'
import { completionOf } from '../../server/wait-for-job.ts'

const options = { vault: text('vault', 'vault') } as const

export const timelineCommand = defineServerCommand({
  options,
  operands: 'NAME',
  async run(call) {
    const source = onlyOperand(call, 'NAME')
    const { vault } = call.options
    const connection = await connect(call)
    const body = vault === undefined ? {} : { vault }
    const job = await completionOf(await connection.call(listTimeline, { params: { source }, body }), connection, call)
    printResult(job.result, call, () => timelineLines(job, call.texts))
  },
})
