import { startVerification } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { onlyOperand } from '../../options/operands.ts'
import { choice } from '../../options/option.ts'
import { connect } from '../../server/connection.ts'
import { finishStart, waitOptions } from '../../server/wait-for-job.ts'

export const pointVerifyCommand = defineServerCommand({
  options: { read: choice('read', ['structure', 'sample', 'all']), ...waitOptions },
  operands: 'ID',
  async run(call) {
    const { read } = call.options
    const params = { point: onlyOperand(call, 'ID') }
    const connection = await connect(call)
    const job = await connection.call(startVerification, { params, body: read === undefined ? {} : { read } })
    await finishStart(job, connection, call)
  },
})
