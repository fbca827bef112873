import { listPresets } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { refuseOperands } from '../../options/operands.ts'
import { objectTable } from '../../output/object-table.ts'
import { connect } from '../../server/connection.ts'
import { printResult } from '../../server/print-result.ts'

export const presetListCommand = defineServerCommand({
  options: {},
  onlyPrints: true,
  async run(call) {
    refuseOperands(call)
    const { language } = call.texts
    const { items } = await (await connect(call)).call(listPresets, {})
    printResult(items, call, () =>
      objectTable(
        items,
        [
          ['column.name', ({ name }) => name],
          ['column.title', ({ title }) => title[language]],
        ],
        call.texts,
      ),
    )
  },
})
