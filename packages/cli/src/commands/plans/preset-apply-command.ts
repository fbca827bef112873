import { applyPreset } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { onlyOperand } from '../../options/operands.ts'
import { text } from '../../options/option.ts'
import { assignments } from '../../server/assignments.ts'
import { connect } from '../../server/connection.ts'
import { showFindings } from '../../server/findings.ts'
import { ruleTable } from '../../server/plan-text.ts'
import { wishLines } from '../../server/preset-text.ts'

export const presetApplyCommand = defineServerCommand({
  options: { vault: text('vault', 'name'), set: assignments('set') },
  operands: 'NAME',
  async run(call) {
    const { output, texts } = call
    const { vault, set } = call.options
    const params = { preset: onlyOperand(call, 'NAME') }
    const body = { parameters: { ...set }, ...(vault === undefined ? {} : { vault }) }
    const applied = await (await connect(call)).call(applyPreset, { params, body })
    if (output.json) {
      output.printJson(applied)
      return
    }
    for (const { plan, findings, isChanged } of applied.plans) {
      showFindings(findings, call)
      output.summarize(texts.say(isChanged ? 'plan.applied' : 'plan.same', { name: plan.name, version: plan.version }))
      for (const line of ruleTable(plan, texts)) output.summarize(line)
    }
    output.summarize(texts.say('preset.wants'))
    for (const line of wishLines(applied, texts)) output.summarize(line)
  },
})
