import { getPoint } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { onlyOperand } from '../../options/operands.ts'
import { connect } from '../../server/connection.ts'
import { pointDetails } from '../../server/point-text.ts'
import { printResult } from '../../server/print-result.ts'

export const pointShowCommand = defineServerCommand({
  options: {},
  operands: 'ID',
  onlyPrints: true,
  async run(call) {
    const point = await (await connect(call)).call(getPoint, { params: { point: onlyOperand(call, 'ID') } })
    printResult(point, call, () => pointDetails(point, call.texts))
  },
})
