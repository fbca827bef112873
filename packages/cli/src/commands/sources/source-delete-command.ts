import { deleteSource, getSource } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { onlyOperand } from '../../options/operands.ts'
import { confirm, confirmOptions } from '../../server/confirm.ts'
import { connect } from '../../server/connection.ts'
import { showFindings } from '../../server/findings.ts'

export const sourceDeleteCommand = defineServerCommand({
  options: confirmOptions,
  operands: 'NAME',
  async run(call) {
    const { output, texts } = call
    const connection = await connect(call)
    const source = await connection.call(getSource, { params: { source: onlyOperand(call, 'NAME') } })
    await confirm(call, texts.say('source.delete', { name: source.name }))
    const { findings } = await connection.call(deleteSource, { params: { source: source.id } })
    if (output.json) output.printJson({ ...source, findings })
    else showFindings(findings, call)
    output.summarize(texts.say('source.deleted', { name: source.name }))
  },
})
