import { explainRestore } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { onlyOperand } from '../../options/operands.ts'
import { text } from '../../options/option.ts'
import { connect } from '../../server/connection.ts'
import { logTarget, logTargetOptions } from '../../server/log-target.ts'
import { explanationLines } from '../../server/log-text.ts'
import { printResult } from '../../server/print-result.ts'
import { completionOf } from '../../server/wait-for-job.ts'
import { absolutePath } from '../../session/absolute-path.ts'

const options = { ...logTargetOptions, to: text('to', 'folder', { short: 't' }) } as const

export const explainRestoreCommand = defineServerCommand({
  options,
  operands: 'NAME',
  async run(call) {
    const { options: given, host, surroundings } = call
    const source = onlyOperand(call, 'NAME')
    const { to } = given
    const body = {
      ...logTarget(given, host.clock.nowMs()),
      ...(to === undefined ? {} : { to: absolutePath(to, surroundings.workingFolder) }),
    }
    const connection = await connect(call)
    const job = await completionOf(await connection.call(explainRestore, { params: { source }, body }), connection, call)
    printResult(job.result, call, () => explanationLines(job, call.texts))
  },
})
