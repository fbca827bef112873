import { grantSchema, listGrants } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { listOptions } from '../../options/list-options.ts'
import { refuseOperands } from '../../options/operands.ts'
import { choice, text } from '../../options/option.ts'
import { connect } from '../../server/connection.ts'
import { grantTable } from '../../server/grant-text.ts'
import { printResult } from '../../server/print-result.ts'

const options = { user: text('user', 'name'), role: choice('role', grantSchema.shape.role.options), ...listOptions } as const

export const grantListCommand = defineServerCommand({
  options,
  onlyPrints: true,
  async run(call) {
    refuseOperands(call)
    const { user, role, limit } = call.options
    const grants = await (await connect(call)).list(listGrants, { query: { user, role } }, limit)
    printResult(grants, call, () => grantTable(grants, call.texts))
  },
})
