import { listHolds } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { listOptions } from '../../options/list-options.ts'
import { refuseOperands } from '../../options/operands.ts'
import { flag } from '../../options/option.ts'
import { objectTable, timeCell } from '../../output/object-table.ts'
import { connect } from '../../server/connection.ts'
import { printResult } from '../../server/print-result.ts'

export const holdListCommand = defineServerCommand({
  options: { active: flag('active'), ...listOptions },
  onlyPrints: true,
  async run(call) {
    refuseOperands(call)
    const { active, limit } = call.options
    const holds = await (await connect(call)).list(listHolds, active ? { query: { state: 'ACTIVE' } } : {}, limit)
    printResult(holds, call, () =>
      objectTable(
        holds,
        [
          ['column.id', ({ id }) => id],
          ['column.title', ({ title }) => title],
          ['column.state', ({ state }) => state],
          ['column.points', ({ points }) => String(points)],
          ['column.created', ({ createdAt }) => timeCell(createdAt)],
          ['column.lifted', ({ liftedAt }) => timeCell(liftedAt)],
        ],
        call.texts,
      ),
    )
  },
})
