import { listSessions } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { refuseOperands } from '../../options/operands.ts'
import { objectTable, timeCell } from '../../output/object-table.ts'
import { connect } from '../../server/connection.ts'
import { printResult } from '../../server/print-result.ts'

export const sessionListCommand = defineServerCommand({
  options: {},
  onlyPrints: true,
  async run(call) {
    refuseOperands(call)
    const { items } = await (await connect(call)).call(listSessions, {})
    printResult(items, call, () =>
      objectTable(
        items,
        [
          ['column.id', ({ id, isCurrent }) => (isCurrent ? `${id} *` : id)],
          ['column.address', ({ address }) => address ?? '-'],
          ['column.userAgent', ({ userAgent }) => userAgent ?? '-'],
          ['column.created', ({ createdAt }) => timeCell(createdAt)],
          ['column.lastUsed', ({ lastUsedAt }) => timeCell(lastUsedAt)],
          ['column.expires', ({ expiresAt }) => timeCell(expiresAt)],
        ],
        call.texts,
      ),
    )
  },
})
