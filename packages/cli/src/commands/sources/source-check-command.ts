import { checkSource } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { CommandLineError } from '../../messages/command-line-error.ts'
import { onlyOperand } from '../../options/operands.ts'
import { connect } from '../../server/connection.ts'
import { showFindings } from '../../server/findings.ts'

export const sourceCheckCommand = defineServerCommand({
  options: {},
  operands: 'NAME',
  async run(call) {
    const { output, texts } = call
    const name = onlyOperand(call, 'NAME')
    const source = await (await connect(call)).call(checkSource, { params: { source: name } })
    if (output.json) output.printJson(source)
    else showFindings(source.findings, call)
    const errors = source.findings.filter(({ severity }) => severity === 'error').length
    if (errors > 0)
      throw new CommandLineError('source.unfit', { key: 'error.sourceUnfit', values: { name: source.name, count: errors } })
    output.summarize(texts.say('source.fit', { name: source.name }))
  },
})
