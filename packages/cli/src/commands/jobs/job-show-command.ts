import { getJob } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { onlyOperand } from '../../options/operands.ts'
import { connect } from '../../server/connection.ts'
import { jobDetails } from '../../server/job-text.ts'
import { printResult } from '../../server/print-result.ts'

export const jobShowCommand = defineServerCommand({
  options: {},
  operands: 'ID',
  onlyPrints: true,
  async run(call) {
    const job = await (await connect(call)).call(getJob, { params: { job: onlyOperand(call, 'ID') } })
    printResult(job, call, () => jobDetails(job, call.texts))
  },
})
