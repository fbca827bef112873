import { verifyAudit } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { CommandLineError } from '../../messages/command-line-error.ts'
import { refuseOperands } from '../../options/operands.ts'
import { connect } from '../../server/connection.ts'
import { printResult } from '../../server/print-result.ts'

export const auditVerifyCommand = defineServerCommand({
  options: {},
  async run(call) {
    refuseOperands(call)
    const { texts } = call
    const chain = await (await connect(call)).call(verifyAudit, { params: {} })
    const { isIntact, entries, head, breakCount, breaks } = chain
    printResult(chain, call, () =>
      isIntact
        ? [texts.say('audit.intact', { entries }), texts.say('audit.head', { head })]
        : breaks.map(({ number, problem }) => texts.say('audit.break', { number, problem: texts.say(`audit.${problem}`) })),
    )
    if (!isIntact)
      throw new CommandLineError(
        'audit.broken',
        { key: 'error.auditBroken', values: { count: breakCount, entries } },
        { key: 'hint.auditBroken', values: {} },
      )
  },
})
