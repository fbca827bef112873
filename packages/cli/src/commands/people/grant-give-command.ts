import { giveRole, grantSchema } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { usageError } from '../../messages/command-line-error.ts'
import { twoOperands } from '../../options/operands.ts'
import { text } from '../../options/option.ts'
import { connect } from '../../server/connection.ts'
import { grantTable } from '../../server/grant-text.ts'
import { printResult } from '../../server/print-result.ts'

const roles = grantSchema.shape.role.options

export const grantGiveCommand = defineServerCommand({
  options: { project: text('project', 'name') },
  operands: 'USER ROLE',
  async run(call) {
    const { project = null } = call.options
    const [user, given] = twoOperands(call, 'USER', 'ROLE')
    const role = roles.find((one) => one === given)
    if (role === undefined) throw usageError('error.unknownRole', { role: given, roles: roles.join(', ') })
    const grant = await (await connect(call)).call(giveRole, { body: { user, role, project } })
    printResult(grant, call, () => grantTable([grant], call.texts))
  },
})
