import { beginTwoFactor } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { refuseOperands } from '../../options/operands.ts'
import { objectLines } from '../../output/object-table.ts'
import { connect } from '../../server/connection.ts'
import { printResult } from '../../server/print-result.ts'

export const twoFactorBeginCommand = defineServerCommand({
  options: {},
  async run(call) {
    refuseOperands(call)
    const begun = await (await connect(call)).call(beginTwoFactor, {})
    printResult(begun, call, () =>
      objectLines(
        [
          ['column.secret', begun.secret],
          ['column.uri', begun.uri],
        ],
        call.texts,
      ),
    )
    call.output.note(call.texts.say('twoFactor.next'))
  },
})
