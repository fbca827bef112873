import { deletePoint, getPoint } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { onlyOperand } from '../../options/operands.ts'
import { flag } from '../../options/option.ts'
import { formatBytes } from '../../output/amounts.ts'
import { timeCell } from '../../output/object-table.ts'
import { confirm, confirmOptions } from '../../server/confirm.ts'
import { connect } from '../../server/connection.ts'

export const pointDeleteCommand = defineServerCommand({
  options: { evenLast: flag('even-last'), ...confirmOptions },
  operands: 'ID',
  async run(call) {
    const { output, texts, options } = call
    const connection = await connect(call)
    const params = { point: onlyOperand(call, 'ID') }
    const { source, consistentAt, createdAt, sizeBytes } = await connection.call(getPoint, { params })
    const values = { source: source.name, time: timeCell(consistentAt ?? createdAt), size: formatBytes(sizeBytes) }
    await confirm(call, texts.say('point.delete', values))
    const point = await connection.call(deletePoint, { params, query: { evenLast: String(options.evenLast) } })
    if (output.json) output.printJson(point)
    output.summarize(texts.say('point.deleted', { id: point.id }))
  },
})
