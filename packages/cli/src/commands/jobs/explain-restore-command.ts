import { explainRestore } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { onlyOperand } from '../../options/operands.ts'
import { connect } from '../../server/connection.ts'
import { explanationLines } from '../../server/explanation-text.ts'
import { printResult } from '../../server/print-result.ts'
import { restoreOrder, restoreOrderOptions } from '../../server/restore-order.ts'
import { completionOf } from '../../server/wait-for-job.ts'

export const explainRestoreCommand = defineServerCommand({
  options: restoreOrderOptions,
  operands: 'NAME',
  async run(call) {
    const source = onlyOperand(call, 'NAME')
    const body = await restoreOrder(call)
    const connection = await connect(call)
    const job = await completionOf(await connection.call(explainRestore, { params: { source }, body }), connection, call)
    printResult(job.result, call, () => explanationLines(job, call.texts))
  },
})
