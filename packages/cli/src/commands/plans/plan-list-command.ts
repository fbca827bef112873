import { listPlans } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { listOptions } from '../../options/list-options.ts'
import { refuseOperands } from '../../options/operands.ts'
import { objectTable, timeCell } from '../../output/object-table.ts'
import { connect } from '../../server/connection.ts'
import { printResult } from '../../server/print-result.ts'

export const planListCommand = defineServerCommand({
  options: listOptions,
  onlyPrints: true,
  async run(call) {
    refuseOperands(call)
    const plans = await (await connect(call)).list(listPlans, { params: {} }, call.options.limit)
    printResult(plans, call, () =>
      objectTable(
        plans,
        [
          ['column.name', ({ name }) => name],
          ['column.version', ({ version }) => String(version)],
          ['column.rules', ({ rules }) => rules.map(({ name }) => name).join(', ')],
          ['column.timeZone', ({ timeZone }) => timeZone],
          ['column.nextRun', ({ rules }) => timeCell(earliest(rules.flatMap(({ nextRuns }) => nextRuns)))],
        ],
        call.texts,
      ),
    )
  },
})

function earliest(instants: readonly string[]): string | null {
  const [first] = instants.toSorted((a, b) => Date.parse(a) - Date.parse(b))
  return first ?? null
}
