import { getPreset } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { onlyOperand } from '../../options/operands.ts'
import { connect } from '../../server/connection.ts'
import { presetDetails } from '../../server/preset-text.ts'
import { printResult } from '../../server/print-result.ts'

export const presetShowCommand = defineServerCommand({
  options: {},
  operands: 'NAME',
  onlyPrints: true,
  async run(call) {
    const preset = await (await connect(call)).call(getPreset, { params: { preset: onlyOperand(call, 'NAME') } })
    printResult(preset, call, () => presetDetails(preset, call.texts))
  },
})
