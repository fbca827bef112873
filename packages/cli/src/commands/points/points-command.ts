import { listPoints } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { usageError } from '../../messages/command-line-error.ts'
import { listOptions } from '../../options/list-options.ts'
import { text } from '../../options/option.ts'
import { objectTable } from '../../output/object-table.ts'
import { connect } from '../../server/connection.ts'
import { pointColumns } from '../../server/point-text.ts'
import { printResult } from '../../server/print-result.ts'

export const pointsCommand = defineServerCommand({
  options: { vault: text('vault', 'vault'), ...listOptions },
  operands: '[NAME]',
  onlyPrints: true,
  async run(call) {
    const [source, other] = call.positionals
    if (other !== undefined) throw usageError('error.unexpectedOperand', { operand: other })
    const { vault, limit } = call.options
    const points = await (await connect(call)).list(listPoints, { params: {}, query: { source, vault } }, limit)
    printResult(points, call, () =>
      objectTable(points, pointColumns(call.texts), call.texts, call.texts.say('points.count', { count: points.length })),
    )
  },
})
