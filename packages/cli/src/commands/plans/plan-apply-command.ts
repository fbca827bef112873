import { applyPlan } from '@coffre/api-contract'
import type { ByteString } from '@coffre/foundation'
import { defineServerCommand, type ServerCall } from '../../command.ts'
import { onlyOperand } from '../../options/operands.ts'
import { text } from '../../options/option.ts'
import { connect } from '../../server/connection.ts'
import { showFindings } from '../../server/findings.ts'
import { ruleTable } from '../../server/plan-text.ts'
import { readTextFile } from '../../session/text-file.ts'

const options = { name: text('name', 'name'), vault: text('vault', 'vault') } as const

export const planApplyCommand = defineServerCommand({
  options,
  operands: 'FILE|-',
  async run(call) {
    const { output, texts } = call
    const { name, vault } = call.options
    const document = await documentOf(onlyOperand(call, 'FILE'), call)
    const body = { document, ...(name === undefined ? {} : { name }), ...(vault === undefined ? {} : { targetVault: vault }) }
    const applied = await (await connect(call)).call(applyPlan, { params: {}, body })
    if (output.json) {
      output.printJson(applied)
      return
    }
    const { plan, findings, isChanged } = applied
    showFindings(findings, call)
    output.summarize(texts.say(isChanged ? 'plan.applied' : 'plan.same', { name: plan.name, version: plan.version }))
    for (const line of ruleTable(plan, texts)) output.summarize(line)
  },
})

/** The text as it is: the server keeps it, and points into it. */
function documentOf(operand: ByteString, { host }: ServerCall): Promise<string> {
  return operand === '-' ? host.readInput() : readTextFile(operand, 'plan apply')
}
