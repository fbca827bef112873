import { removeTwoFactor } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { refuseOperands } from '../../options/operands.ts'
import { text } from '../../options/option.ts'
import { connect } from '../../server/connection.ts'
import { askPerson, presentPassword } from '../../server/own-password.ts'

const options = { passwordFile: text('password-file', 'file', { short: 'p' }), code: text('code', 'code') } as const

export const twoFactorRemoveCommand = defineServerCommand({
  options,
  async run(call) {
    refuseOperands(call)
    const { texts, signal } = call
    const connection = await connect(call)
    const password = await presentPassword(call, call.options.passwordFile, 'password-file')
    const code = call.options.code ?? (await askPerson(call, 'code', (person) => person.ask(texts.say('login.code'), signal)))
    await connection.call(removeTwoFactor, { body: { password, code: code.trim() } })
    call.output.summarize(texts.say('twoFactor.removed'))
  },
})
