import { listApprovals } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { listOptions } from '../../options/list-options.ts'
import { refuseOperands } from '../../options/operands.ts'
import { flag } from '../../options/option.ts'
import { objectTable, timeCell } from '../../output/object-table.ts'
import { targetText, votesText } from '../../server/approval-text.ts'
import { connect } from '../../server/connection.ts'
import { printResult } from '../../server/print-result.ts'

export const approvalListCommand = defineServerCommand({
  options: { pending: flag('pending'), ...listOptions },
  onlyPrints: true,
  async run(call) {
    refuseOperands(call)
    const { pending, limit } = call.options
    const approvals = await (await connect(call)).list(listApprovals, pending ? { query: { state: 'PENDING' } } : {}, limit)
    printResult(approvals, call, () =>
      objectTable(
        approvals,
        [
          ['column.id', ({ id }) => id],
          ['column.state', ({ state }) => state],
          ['column.operation', ({ operation }) => operation],
          ['column.target', targetText],
          ['column.votes', votesText],
          ['column.principal', ({ requestedBy }) => requestedBy],
          ['column.expires', ({ expiresAt }) => timeCell(expiresAt)],
        ],
        call.texts,
      ),
    )
  },
})
