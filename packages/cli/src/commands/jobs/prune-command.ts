import { startPrune } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { onlyOperand } from '../../options/operands.ts'
import { connect } from '../../server/connection.ts'
import { finishStart, waitOptions } from '../../server/wait-for-job.ts'

export const pruneCommand = defineServerCommand({
  options: waitOptions,
  operands: 'VAULT',
  async run(call) {
    const params = { vault: onlyOperand(call, 'VAULT') }
    const connection = await connect(call)
    await finishStart(await connection.call(startPrune, { params, body: {} }), connection, call)
  },
})
