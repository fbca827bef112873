import { changePassword } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { refuseOperands } from '../../options/operands.ts'
import { text } from '../../options/option.ts'
import { connect } from '../../server/connection.ts'
import { chosenPassword, presentPassword } from '../../server/own-password.ts'

const options = {
  passwordFile: text('password-file', 'file', { short: 'p' }),
  newPasswordFile: text('new-password-file', 'file'),
  code: text('code', 'code'),
} as const

export const passwordChangeCommand = defineServerCommand({
  options,
  async run(call) {
    refuseOperands(call)
    const { passwordFile, newPasswordFile, code } = call.options
    const connection = await connect(call)
    const password = await presentPassword(call, passwordFile, 'password-file')
    const newPassword = await chosenPassword(call, newPasswordFile, 'new-password-file')
    await connection.call(changePassword, { body: { password, newPassword, ...(code === undefined ? {} : { code }) } })
    call.output.summarize(call.texts.say('password.changed'))
  },
})
