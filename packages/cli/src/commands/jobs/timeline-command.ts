import { listTimeline } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { onlyOperand } from '../../options/operands.ts'
import { text, value } from '../../options/option.ts'
import { parsePastTime } from '../../options/past-time.ts'
import { connect } from '../../server/connection.ts'
import { instantOf } from '../../server/log-target.ts'
import { timelineLines } from '../../server/log-text.ts'
import { printResult } from '../../server/print-result.ts'
import { completionOf } from '../../server/wait-for-job.ts'

const options = {
  since: value('since', 'time', parsePastTime),
  until: value('until', 'time', parsePastTime),
  vault: text('vault', 'vault'),
} as const

export const timelineCommand = defineServerCommand({
  options,
  operands: 'NAME',
  async run(call) {
    const source = onlyOperand(call, 'NAME')
    const { vault, since, until } = call.options
    const nowMs = call.host.clock.nowMs()
    const connection = await connect(call)
    const body = {
      ...(vault === undefined ? {} : { vault }),
      ...(since === undefined ? {} : { since: instantOf(since(nowMs)) }),
      ...(until === undefined ? {} : { until: instantOf(until(nowMs)) }),
    }
    const job = await completionOf(await connection.call(listTimeline, { params: { source }, body }), connection, call)
    printResult(job.result, call, () => timelineLines(job, call.texts))
  },
})
