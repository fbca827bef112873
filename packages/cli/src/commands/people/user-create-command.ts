import { createUser } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { onlyOperand } from '../../options/operands.ts'
import { text } from '../../options/option.ts'
import { connect } from '../../server/connection.ts'
import { printResult } from '../../server/print-result.ts'
import { passwordTokenLines } from '../../server/user-text.ts'

export const userCreateCommand = defineServerCommand({
  options: { displayName: text('display-name', 'text') },
  operands: 'NAME',
  async run(call) {
    const { displayName = '' } = call.options
    const made = await (await connect(call)).call(createUser, { body: { name: onlyOperand(call, 'NAME'), displayName } })
    printResult(made, call, () => passwordTokenLines(made.user.name, made.token, call.texts))
  },
})
