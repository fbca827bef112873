import { getJob } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { onlyOperand } from '../../options/operands.ts'
import { connect } from '../../server/connection.ts'
import { waitForJob } from '../../server/wait-for-job.ts'

export const jobWaitCommand = defineServerCommand({
  options: {},
  operands: 'ID',
  async run(call) {
    const connection = await connect(call)
    const job = await connection.call(getJob, { params: { job: onlyOperand(call, 'ID') } })
    await waitForJob(job, connection, call)
  },
})
