import { applyPlan } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { connect } from '../../server/connection.ts'
import { showFindings } from '../../server/findings.ts'
import { planDocumentOptions, planRequest } from '../../server/plan-document.ts'
import { ruleTable } from '../../server/plan-text.ts'

export const planApplyCommand = defineServerCommand({
  options: planDocumentOptions,
  operands: 'FILE|-',
  async run(call) {
    const { output, texts } = call
    const body = await planRequest(call)
    const applied = await (await connect(call)).call(applyPlan, { body })
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
