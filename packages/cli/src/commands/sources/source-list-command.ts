import { listSources } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { listOptions } from '../../options/list-options.ts'
import { refuseOperands } from '../../options/operands.ts'
import { text } from '../../options/option.ts'
import { objectTable, timeCell } from '../../output/object-table.ts'
import { formatLabels } from '../../server/assignments.ts'
import { connect } from '../../server/connection.ts'
import { printResult } from '../../server/print-result.ts'

const options = {
  engine: text('engine', 'engine'),
  tag: text('tag', 'key=value'),
  search: text('search', 'text'),
  ...listOptions,
} as const

export const sourceListCommand = defineServerCommand({
  options,
  onlyPrints: true,
  async run(call) {
    refuseOperands(call)
    const { engine, tag, search, limit } = call.options
    const sources = await (await connect(call)).list(listSources, { params: {}, query: { engine, tag, search } }, limit)
    printResult(sources, call, () =>
      objectTable(
        sources,
        [
          ['column.name', ({ name }) => name],
          ['column.engine', (source) => source.engine],
          ['column.state', ({ state }) => state],
          ['column.lastPoint', ({ lastPointAt }) => timeCell(lastPointAt)],
          ['column.nextRun', ({ nextRunAt }) => timeCell(nextRunAt)],
          ['column.tags', ({ tags }) => formatLabels(tags)],
        ],
        call.texts,
      ),
    )
  },
})
