import { changeKey } from '@coffre/repository'
import { defineCommand } from '../../command.ts'
import { keyFileOptionsOf, newKeyOptions } from '../../options/new-key-options.ts'
import { refuseOperands } from '../../options/operands.ts'
import { readNewPassword } from '../../session/new-password.ts'
import { openSession } from '../../session/open-session.ts'
import { recordKeys } from '../../session/vault-state.ts'

export const keysPasswdCommand = defineCommand({
  options: newKeyOptions,
  async run(call) {
    refuseOperands(call)
    const password = await readNewPassword(call.options.newPasswordFile, call.surroundings, call.signal)
    await using session = await openSession(call, { lock: 'exclusive' })
    const { repository, signal } = session
    const id = await changeKey(repository, password, keyFileOptionsOf(call.options), signal)
    await recordKeys(session, { added: [id], removed: [repository.keyId] })
    if (call.output.json) call.output.printJson({ message_type: 'summary', added_key: id, removed_key: repository.keyId })
    else call.output.summarize(call.texts.say('keys.changed', { id }))
  },
})
