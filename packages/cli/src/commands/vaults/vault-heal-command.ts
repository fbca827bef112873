import { startHeal } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { onlyOperand } from '../../options/operands.ts'
import { flag } from '../../options/option.ts'
import { connect } from '../../server/connection.ts'
import { finishStart, waitOptions } from '../../server/wait-for-job.ts'

export const vaultHealCommand = defineServerCommand({
  options: { dryRun: flag('dry-run', { short: 'n' }), ...waitOptions },
  operands: 'NAME',
  async run(call) {
    const params = { vault: onlyOperand(call, 'NAME') }
    const connection = await connect(call)
    const job = await connection.call(startHeal, { params, body: { dryRun: call.options.dryRun } })
    await finishStart(job, connection, call)
  },
})
