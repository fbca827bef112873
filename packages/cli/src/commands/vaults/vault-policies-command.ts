import { getVaultPolicies } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { onlyOperand } from '../../options/operands.ts'
import { connect } from '../../server/connection.ts'

export const vaultPoliciesCommand = defineServerCommand({
  options: {},
  operands: 'NAME',
  onlyPrints: true,
  async run(call) {
    const { output, texts } = call
    const policies = await (await connect(call)).call(getVaultPolicies, { params: { vault: onlyOperand(call, 'NAME') } })
    if (output.json) {
      output.printJson(policies)
      return
    }
    // Laid out to be read and pasted, as each goes to a user or role of its own.
    for (const holder of ['writer', 'keeper'] as const) {
      output.summarize(texts.say(`policies.${holder}`))
      output.print(JSON.stringify(policies[holder], undefined, 2))
    }
  },
})
