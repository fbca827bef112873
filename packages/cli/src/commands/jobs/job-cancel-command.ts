import { cancelJob } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { onlyOperand } from '../../options/operands.ts'
import { connect } from '../../server/connection.ts'

export const jobCancelCommand = defineServerCommand({
  options: {},
  operands: 'ID',
  async run(call) {
    const { output, texts } = call
    const job = await (await connect(call)).call(cancelJob, { params: { job: onlyOperand(call, 'ID') } })
    if (output.json) output.printJson(job)
    output.summarize(texts.say(job.completedAt === null ? 'job.canceling' : 'job.canceled', { id: job.id }))
  },
})
