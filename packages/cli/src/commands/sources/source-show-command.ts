import { getSource } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { onlyOperand } from '../../options/operands.ts'
import { connect } from '../../server/connection.ts'
import { showFindings } from '../../server/findings.ts'
import { printResult } from '../../server/print-result.ts'
import { sourceDetails } from '../../server/source-text.ts'

export const sourceShowCommand = defineServerCommand({
  options: {},
  operands: 'NAME',
  onlyPrints: true,
  async run(call) {
    const name = onlyOperand(call, 'NAME')
    const source = await (await connect(call)).call(getSource, { params: { source: name } })
    printResult(source, call, () => sourceDetails(source, call.texts))
    if (!call.output.json) showFindings(source.findings, call)
  },
})
