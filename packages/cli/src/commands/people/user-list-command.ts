import { listUsers } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { listOptions } from '../../options/list-options.ts'
import { refuseOperands } from '../../options/operands.ts'
import { text } from '../../options/option.ts'
import { objectTable, timeCell } from '../../output/object-table.ts'
import { connect } from '../../server/connection.ts'
import { printResult } from '../../server/print-result.ts'

export const userListCommand = defineServerCommand({
  options: { search: text('search', 'text'), ...listOptions },
  onlyPrints: true,
  async run(call) {
    refuseOperands(call)
    const { search, limit } = call.options
    const { texts } = call
    const users = await (await connect(call)).list(listUsers, { query: { search } }, limit)
    printResult(users, call, () =>
      objectTable(
        users,
        [
          ['column.name', ({ name }) => name],
          ['column.displayName', ({ displayName }) => displayName],
          ['column.secondFactor', ({ hasSecondFactor }) => texts.say(hasSecondFactor ? 'word.yes' : 'word.no')],
          ['column.created', ({ createdAt }) => timeCell(createdAt)],
          ['column.disabled', ({ disabledAt }) => timeCell(disabledAt)],
        ],
        texts,
      ),
    )
  },
})
